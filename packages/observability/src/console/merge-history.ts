import { stepSeconds, type HistoryStep } from './history.ts'
import { addBuckets, latencyOf, rounded, sum } from './quantiles.ts'
import type { Snapshot } from './snapshot.ts'
import type { HistoryColumns } from './types.ts'

/** The last minutes of all workers: amounts are added, of loads the highest counts. */
export function historyOf(snapshots: readonly Snapshot[]): HistoryColumns {
  const { bounds, factor } = snapshots[0]!
  const bySteps = new Map<number, HistoryStep[]>()
  for (const { history } of snapshots) {
    for (const step of history) {
      const same = bySteps.get(step.step)
      if (same === undefined) bySteps.set(step.step, [step])
      else same.push(step)
    }
  }
  const columns: HistoryColumns = {
    time: [],
    rate: [],
    errors: [],
    p50: [],
    p95: [],
    p99: [],
    loop: [],
    lag: [],
    rss: [],
    heap: []
  }
  for (const step of [...bySteps.keys()].sort((a, b) => a - b)) {
    // A gap, where the process was stopped or the clock was set: the curves show it.
    const last = columns.time.at(-1)
    if (last !== undefined && step * stepSeconds - last > stepSeconds * 2)
      pushGap(columns, last + stepSeconds)
    pushStep(columns, bySteps.get(step)!, bounds, factor)
  }
  return columns
}

function pushStep(
  columns: HistoryColumns,
  steps: readonly HistoryStep[],
  bounds: readonly number[],
  factor: number
): void {
  const buckets = bounds.map(() => 0).concat(0)
  for (const step of steps) addBuckets(buckets, step.buckets)
  const { p50, p95, p99 } = latencyOf(bounds, buckets, factor)
  const highest = (of: (step: HistoryStep) => number) => rounded(Math.max(...steps.map(of)))
  const total = (of: (step: HistoryStep) => number) => sum(steps.map(of))

  columns.time.push(steps[0]!.step * stepSeconds)
  columns.rate.push(rounded(sum(buckets) / stepSeconds))
  columns.errors.push(rounded(total(({ failed }) => failed) / stepSeconds))
  columns.p50.push(p50)
  columns.p95.push(p95)
  columns.p99.push(p99)
  columns.loop.push(highest(({ loop }) => loop))
  columns.lag.push(highest(({ lag }) => lag))
  columns.rss.push(total(({ rss }) => rss))
  columns.heap.push(total(({ heap }) => heap))
}

function pushGap({ time, ...values }: HistoryColumns, at: number): void {
  time.push(at)
  for (const column of Object.values(values)) column.push(null)
}
