/** The value that half of the others are below. */
export const median = (values) => percentile(values, 50)

export function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b)
  const index = Math.ceil((percent / 100) * sorted.length) - 1
  return sorted[Math.min(sorted.length - 1, Math.max(0, index))]
}
