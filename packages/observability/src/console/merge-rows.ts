import { addBuckets, latencyOf, rounded, sum } from './quantiles.ts'
import type { Snapshot } from './snapshot.ts'
import type { OutgoingStatus, RouteStatus, Traffic } from './types.ts'
import type { WindowRow } from './windowed-rows.ts'

/** Share of failures from which on a route is failing, if there are enough of them to mean something. */
const failingShare = 0.05
const minFailures = 3
const fewRequests = 20

/** The rows of several workers, each key once. */
function addRows(lists: readonly (readonly WindowRow[])[]): WindowRow[] {
  if (lists.length === 1) return [...lists[0]!]
  const rows = new Map<string, WindowRow>()
  for (const row of lists.flat()) {
    const existing = rows.get(row.key)
    if (existing === undefined) {
      rows.set(row.key, { ...row, buckets: [...row.buckets] })
      continue
    }
    existing.total += row.total
    existing.failed += row.failed
    addBuckets(existing.buckets, row.buckets)
  }
  return [...rows.values()]
}

const perSecond = (count: number, seconds: number): number => rounded(count / Math.max(seconds, 1))
const share = (part: number, whole: number): number => (whole === 0 ? 0 : rounded(part / whole))

/** The seconds that the figures cover: workers differ by when they have started. */
export const windowOf = (snapshots: readonly Snapshot[]): number =>
  Math.round(Math.max(1, ...snapshots.map(({ window }) => window)))

/** @param slowAfter - The threshold of a route in milliseconds. */
export function routesOf(
  snapshots: readonly Snapshot[],
  slowAfter: (method: string, route: string) => number | undefined
): RouteStatus[] {
  const { bounds, factor } = snapshots[0]!
  const seconds = windowOf(snapshots)
  const rows = addRows(snapshots.map((snapshot) => snapshot.rows))
  const inFlight = addCounts(snapshots.map(({ inFlightByRow }) => inFlightByRow))
  const existingKeys = new Set(rows.map(({ key }) => key))
  const empty = { total: 0, failed: 0, buckets: [] }
  // A route whose first requests are all still in flight.
  for (const key of inFlight.keys()) if (!existingKeys.has(key)) rows.push({ key, ...empty })

  return rows.map(({ key, total, failed, buckets }) => {
    const [method = '', route = ''] = key.split('\u0000')
    const count = sum(buckets)
    const latency = latencyOf(bounds, buckets, factor)
    const threshold = slowAfter(method, route)
    const errorShare = share(failed, count)
    return {
      method,
      route,
      rate: perSecond(count, seconds),
      errorShare,
      ...latency,
      inFlight: inFlight.get(key) ?? 0,
      total,
      slowAfter: threshold ?? null,
      isSlow: threshold !== undefined && count > 0 && slowest(latency, count) > threshold,
      isFailing: failed >= minFailures && errorShare >= failingShare
    }
  })
}

/** With few requests the tail is a single one: their median decides. */
const slowest = ({ p50, p95 }: { p50: number | null; p95: number | null }, count: number): number =>
  (count < fewRequests ? p50 : p95) ?? 0

function addCounts(all: readonly Record<string, number>[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const one of all)
    for (const [key, count] of Object.entries(one)) counts.set(key, (counts.get(key) ?? 0) + count)
  return counts
}

export function trafficOf(snapshots: readonly Snapshot[]): Traffic | undefined {
  const { bounds, factor, hasTraffic } = snapshots[0]!
  if (!hasTraffic) return undefined
  const seconds = windowOf(snapshots)
  const buckets = bounds.map(() => 0).concat(0)
  let failed = 0
  for (const { rows } of snapshots) {
    for (const row of rows) {
      addBuckets(buckets, row.buckets)
      failed += row.failed
    }
  }
  const count = sum(buckets)
  return {
    window: seconds,
    rate: perSecond(count, seconds),
    errorShare: share(failed, count),
    ...latencyOf(bounds, buckets, factor),
    inFlight: sum(snapshots.map(({ inFlight }) => inFlight)),
    connections: sum(snapshots.map(({ connections }) => connections))
  }
}

export function outgoingOf(snapshots: readonly Snapshot[]): OutgoingStatus[] {
  const { outgoingBounds } = snapshots[0]!
  const seconds = windowOf(snapshots)
  return addRows(snapshots.map(({ outgoing }) => outgoing)).map(({ key, total, failed, buckets }) => ({
    host: key,
    rate: perSecond(sum(buckets), seconds),
    errorShare: share(failed, sum(buckets)),
    ...latencyOf(outgoingBounds, buckets, 1000),
    total
  }))
}
