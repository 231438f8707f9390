import { optionChecks } from '@seaworthy/internal'

const check = optionChecks('auth')
/** In seconds. */
export const day = 86_400
const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: day, w: 7 * day }

/** `3600`, `'1h'` → seconds. */
export function seconds(option: string, value: unknown, max: number): number {
  const text = typeof value === 'string' ? /^(\d+)\s*([smhdw])?$/.exec(value.trim()) : null
  const number = text ? Number(text[1]) * units[text[2] ?? 's']! : value
  return Number.isSafeInteger(number) && (number as number) >= 1 && (number as number) <= max
    ? (number as number)
    : check.fail(option, `seconds from 1 to ${max}, or a number with a unit ('15m', '1h')`, value)
}

/** A list, of one or several. */
export const listed = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]) : [value as T]

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** https, or http on loopback. Without credentials, which logs and errors would repeat. */
export function safeUrl(option: string, value: unknown): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  // Not shown: the message goes into a log.
  if (url && (url.username !== '' || url.password !== ''))
    return check.fail(option, 'a URL without credentials', 'some')
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.has(url.hostname))
  return url && safe ? url : check.fail(option, 'an https URL (http only on loopback)', value)
}
