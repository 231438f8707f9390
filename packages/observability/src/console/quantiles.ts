import type { Latency } from './types.ts'

/** The sum of the buckets of several workers or steps. Those with other bounds, as during a release, are left out. */
export function addBuckets(into: number[], buckets: readonly number[]): void {
  if (into.length !== buckets.length) return
  for (const [index, count] of buckets.entries()) into[index]! += count
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0)

/** A quantile by linear interpolation within its bucket, as Prometheus computes it. */
function quantile(
  bounds: readonly number[],
  buckets: readonly number[],
  count: number,
  share: number
): number {
  const rank = share * count
  let below = 0
  for (const [index, inBucket] of buckets.entries()) {
    if (inBucket === 0 || below + inBucket < rank) {
      below += inBucket
      continue
    }
    const lower = index === 0 ? 0 : bounds[index - 1]!
    // Above all bounds there is none to interpolate to.
    const upper = bounds[index] ?? lower
    return lower + (upper - lower) * ((rank - below) / inBucket)
  }
  return bounds.at(-1) ?? 0
}

/** Median and tail in milliseconds, to three digits. `factor`: milliseconds of the metric's unit. */
export function latencyOf(bounds: readonly number[], buckets: readonly number[], factor: number): Latency {
  const count = sum(buckets)
  if (count === 0) return { p50: null, p95: null, p99: null }
  const of = (share: number) => rounded(quantile(bounds, buckets, count, share) * factor)
  return { p50: of(0.5), p95: of(0.95), p99: of(0.99) }
}

/** A number to three significant digits: more is noise on a page. `toPrecision` would take most of the time of a view. */
export function rounded(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0
  const power = 2 - Math.floor(Math.log10(Math.abs(value)))
  const scale = 10 ** Math.abs(power)
  return power >= 0 ? Math.round(value * scale) / scale : Math.round(value / scale) * scale
}
