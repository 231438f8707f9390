import { optionChecks, parseDuration, type OptionChecks } from '@seaworthy/internal'

/** The checks of this package's options. */
export const check: OptionChecks = optionChecks('security')

/** Rejects a value that is no options object, such as `cors: true`. */
export function assertOptionsObject(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    check.fail(option, 'an object or false', value)
  }
}

/** The names of the options of an interface. The compiler reports a name that is missing or misspelt. */
export const optionNames = <T>(names: Record<keyof T, true>): readonly string[] => Object.keys(names)

const oneYear = 366 * 86_400_000

/** Milliseconds of a number or of a text such as `'1 minute'`. Digits alone in a text are rejected. */
export function checkDuration(option: string, value: unknown): number {
  const milliseconds = typeof value === 'string' ? parseDuration(value) : value
  const valid =
    typeof milliseconds === 'number' &&
    Number.isFinite(milliseconds) &&
    milliseconds >= 1 &&
    milliseconds <= oneYear
  return valid
    ? Math.trunc(milliseconds)
    : check.fail(option, "milliseconds from 1 to a year, or a text with a unit such as '1 minute'", value)
}
