/** Names that are needed together. */
type Alternative = readonly string[]

const unique = (alternatives: readonly Alternative[]): Alternative[] => [
  ...new Map(alternatives.map((names) => [[...new Set(names)].toSorted().join(), names])).values()
]

const both = (first: readonly Alternative[], second: readonly Alternative[]): Alternative[] =>
  unique(first.flatMap((names) => second.map((more) => [...new Set([...names, ...more])])))

/** The alternatives in a text of the matrix: `any(jwt, all(apiKey, session)) and jwt`. */
export function alternativesIn(text: string): readonly Alternative[] {
  const tokens = text.match(/[A-Za-z]+\(?|\)/g) ?? []
  let at = 0
  /** One name or group. */
  const parse = (): readonly Alternative[] => {
    const token = tokens[at++] ?? ''
    if (!token.endsWith('(')) return [[token]]
    const parts: (readonly Alternative[])[] = []
    while (at < tokens.length && tokens[at] !== ')') parts.push(parse())
    at++
    return token === 'all(' ? parts.reduce(both, [[]]) : unique(parts.flat())
  }
  let found: readonly Alternative[] = [[]]
  while (at < tokens.length) {
    if (tokens[at] === 'and') at++
    found = both(found, parse())
  }
  return found
}

/** Whether each way to meet the new schemes would also have met the old ones. */
export function areSchemesAsStrong(before: string, after: string): boolean {
  if (before === after) return true
  const old = alternativesIn(before)
  return alternativesIn(after).every((names) =>
    old.some((needed) => needed.every((name) => names.includes(name)))
  )
}
