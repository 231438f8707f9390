import { optionChecks, parseDuration, type OptionChecks } from '@seaworthy/internal'

/** The checks of this package's options. */
export const check: OptionChecks = optionChecks('security')

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
