import { check } from './option-checks.ts'

const units: Record<string, number> = {
  ms: 1,
  millisecond: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000
}

const longest = 366 * 86_400_000

/** Milliseconds of `'1 minute'`, `'90s'`, `60000`. */
export function duration(option: string, value: unknown): number {
  const parsed = typeof value === 'string' ? parse(value) : value
  const valid = typeof parsed === 'number' && Number.isFinite(parsed) && parsed >= 1 && parsed <= longest
  return valid
    ? Math.trunc(parsed)
    : check.fail(option, "milliseconds from 1 to a year, or a text such as '1 minute'", value)
}

function parse(text: string): number | undefined {
  const [, amount, unit = 'ms'] = /^(\d+(?:\.\d+)?) {0,3}([a-z]+)?$/i.exec(text.trim()) ?? []
  const name = unit.toLowerCase()
  const size = units[name] ?? units[name.replace(/s$/, '')]
  return amount === undefined || size === undefined ? undefined : Number(amount) * size
}

/** `59990` and `61000` are `1 minute`, as a client's message says it. */
export function spoken(wait: number): string {
  const milliseconds = Math.ceil(wait / 1000) * 1000
  const [size, name] = (
    [
      [86_400_000, 'day'],
      [3_600_000, 'hour'],
      [60_000, 'minute']
    ] as const
  ).find(([size]) => milliseconds >= size) ?? [1000, 'second']
  const amount = Math.max(1, Math.round(milliseconds / size))
  return `${amount} ${name}${amount === 1 ? '' : 's'}`
}
