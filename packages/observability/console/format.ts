/** Numbers and times as people read them. Without a value: a dash. */

const none = '–'

/** Three significant digits, with separators. */
function digits(value: number): string {
  const places = value >= 100 || value === 0 ? 0 : value >= 10 ? 1 : 2
  return value.toLocaleString('en', { maximumFractionDigits: places })
}

export const count = (value: number): string =>
  value >= 100_000
    ? value.toLocaleString('en', { notation: 'compact', maximumSignificantDigits: 3 })
    : value.toLocaleString('en')

export const rate = (value: number): string => (value > 0 && value < 0.01 ? '< 0.01' : digits(value))

export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return none
  if (share > 0 && share < 0.0005) return '< 0.1 %'
  return `${digits(share * 100)} %`
}

/** Milliseconds: `850 µs`, `12 ms`, `3.2 s`. */
export function duration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return none
  if (milliseconds > 0 && milliseconds < 1) return `${digits(milliseconds * 1000)} µs`
  return milliseconds < 1000 ? `${digits(milliseconds)} ms` : `${digits(milliseconds / 1000)} s`
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return none
  const megabytes = value / 2 ** 20
  return megabytes < 1000 ? `${digits(megabytes)} MB` : `${digits(megabytes / 1024)} GB`
}

/** Seconds, in the two largest units: `3 d 4 h`. */
export function span(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's']
  ]
  const at = Math.max(
    0,
    units.findIndex(([size]) => seconds >= size)
  )
  if (seconds < 1) return '0 s'
  let rest = Math.round(seconds)
  return units
    .slice(at, at + 2)
    .map(([size, name]) => {
      const whole = Math.floor(rest / size)
      rest -= whole * size
      return whole === 0 ? '' : `${whole} ${name}`
    })
    .filter(Boolean)
    .join(' ')
}

const timeOf = (at: string | number): number => (typeof at === 'number' ? at : Date.parse(at))

export const clock = (at: string | number): string =>
  new Date(timeOf(at)).toLocaleTimeString('en-GB', { hour12: false })

/** `4 min ago`, by the service's clock. */
export function ago(at: string | number | undefined, now: number): string {
  if (at === undefined) return none
  const seconds = (now - timeOf(at)) / 1000
  return seconds < 1 ? 'now' : `${span(seconds)} ago`
}
