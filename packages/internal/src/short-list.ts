/** The first names of a list, and how many there are more. */
export const shortList = (names: readonly string[], limit = 5): string =>
  names.slice(0, limit).join(', ') + (names.length > limit ? ` and ${names.length - limit} more` : '')
