/** A secret, and the place where it is set. */
export interface NamedSecret {
  name: string
  text: string
}

/** Characters below which a secret can be tried out. */
const minLength = 12
const placeholders =
  /change[-_ ]?(?:me|this|it)|super[-_ ]?secret|your[-_ ]|placeholder|example|passw(?:or)?d|replace[-_ ]?(?:me|this)|insecure|dummy|default|letmein|keyboard[-_ ]?cat|^(?:admin|root|postgres|redis|secret|test)\d*$|0123456789|1234567890/i

/** The problems of secrets, by their names. No sentence shows a value. */
export function secretProblems(secrets: readonly NamedSecret[]): string[] {
  const weak = secrets.flatMap(({ name, text }) => {
    const problem = weakness(text)
    return problem === undefined ? [] : [`"${name}" ${problem}`]
  })
  const shared = secrets.flatMap(({ name, text }, index) => {
    const other = secrets.slice(index + 1).find((entry) => entry.text === text && entry.name !== name)
    return other === undefined
      ? []
      : [`"${name}" and "${other.name}" have the same value, so that one leak opens both`]
  })
  return [...weak, ...shared]
}

function weakness(text: string): string | undefined {
  if (text.length < minLength) return `has ${text.length} characters, which can be tried out`
  if (placeholders.test(text)) return 'is a placeholder, which others know'
  return new Set(text).size < 6 ? 'is a pattern, which can be guessed' : undefined
}
