/** The variables as they are set: text, without those that are empty. */
export type Values = Readonly<Record<string, string>>

/** The entries of a list that is separated by commas. */
export const entries = (text: string): string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
