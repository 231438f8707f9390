const units: Readonly<Record<string, number>> = {
  ms: 1,
  msec: 1,
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
  wk: 604_800_000,
  week: 604_800_000,
  y: 31_557_600_000,
  yr: 31_557_600_000,
  year: 31_557_600_000
}

/**
 * Milliseconds of a text such as `'90s'`, `'15 minutes'` or `'1.5h'`. `undefined` for anything else, also for digits
 * alone: a reader cannot tell whether `'60'` means milliseconds or seconds.
 */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?) {0,3}([a-z]+)$/i.exec(text.trim()) ?? []
  const name = unit.toLowerCase()
  const size = units[name] ?? units[name.replace(/s$/, '')]
  return amount === undefined || size === undefined ? undefined : Number(amount) * size
}

const sizes = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second']
] as const

/** Words for a person who waits: `59990` and `61000` milliseconds are `1 minute`. Never less than `1 second`. */
export function formatDuration(milliseconds: number): string {
  const whole = Math.ceil(milliseconds / 1000) * 1000
  const [size, name] = sizes.find(([size]) => whole >= size) ?? sizes[3]
  const amount = Math.max(1, Math.round(whole / size))
  return `${amount} ${name}${amount === 1 ? '' : 's'}`
}
