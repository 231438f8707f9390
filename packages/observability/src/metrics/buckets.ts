import { check } from '../check.ts'

/** The default of the option `buckets`, by `unit`. */
const defaults: Record<'seconds' | 'milliseconds', readonly number[]> = {
  seconds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  milliseconds: [10, 50, 100, 200, 500, 1000, 2000, 5000]
}

/** The upper bounds of a duration's buckets. @throws RangeError for a list that is empty or not ascending. */
export function resolveBuckets(
  buckets: readonly number[] | undefined,
  unit: 'seconds' | 'milliseconds'
): readonly number[] {
  const bounds = buckets ?? defaults[unit]
  const isAscending =
    Array.isArray(bounds) &&
    bounds.length > 0 &&
    bounds.every((bound, index) => Number.isFinite(bound) && bound > (index === 0 ? 0 : bounds[index - 1]!))
  if (!isAscending) check.fail('metrics.buckets', 'a list of ascending numbers above 0', bounds)
  return [...bounds]
}
