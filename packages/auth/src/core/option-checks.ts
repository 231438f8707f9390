import { nearest, optionChecks, parseDuration, type OptionChecks } from '@seaworthy/internal'

/** The checks of this package's options. */
export const check: OptionChecks = optionChecks('auth')

/** The options of a feature that is on. `undefined` for `false` and for a feature that is not configured. */
export function optionsOf<T extends object>(option: string, value: T | false | undefined): T | undefined {
  if (value === undefined || value === false) return undefined
  check.object(option, value, 'an object or false')
  return value
}

/** Seconds in a day. */
export const daySeconds = 86_400

/** A duration of JWT and OAuth in seconds: a number is in seconds, a text has a unit (`'15m'`). From 1 to `max`. */
export function seconds(option: string, value: unknown, max: number): number {
  const amount = typeof value === 'string' ? (parseDuration(value) ?? NaN) / 1000 : value
  return isWithin(amount, 1, max)
    ? amount
    : check.fail(option, `seconds from 1 to ${max}, or a text with a unit ('15m', '1 hour')`, value)
}

/** A duration in milliseconds: a number is in milliseconds, a text has a unit (`'15m'`). */
export function milliseconds(option: string, value: unknown, min: number, max: number): number {
  const amount = typeof value === 'string' ? parseDuration(value) : value
  const rule = `milliseconds from ${min} to ${max}, or a text with a unit ('15m', '1 hour')`
  return isWithin(amount, min, max) ? amount : check.fail(option, rule, value)
}

const isWithin = (value: unknown, min: number, max: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max

/** The end of a rule about a name: the nearest of the names that exist. Empty if none is near. */
export function didYouMean(name: string, names: readonly string[]): string {
  const near = nearest(name, names)
  return near === undefined ? '' : ` (did you mean "${near}"?)`
}

/** A list of one or several values. */
export const toList = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]) : [value as T]

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** An https URL, or http on loopback. It has no credentials, because logs and errors would repeat them. */
export function safeUrl(option: string, value: unknown): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  // The value is left out of the message, because the message goes into a log.
  if (url && (url.username !== '' || url.password !== ''))
    return check.failWith(option, 'a URL without credentials', 'some')
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.has(url.hostname))
  return url && safe ? url : check.fail(option, 'an https URL (http only on loopback)', value)
}
