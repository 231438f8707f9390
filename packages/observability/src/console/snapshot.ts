import type { RecentRequest } from '../http/recent-request.ts'
import type { OperatorAction } from '../management/operator-actions.ts'
import type { HistoryStep } from './history.ts'
import type { WindowRow } from './windowed-rows.ts'

/** The status of one worker, in a form that can be added to those of others. */
export interface Snapshot {
  pid: number
  uptime: number
  startedAt: number
  rss: number
  heap: number
  memoryLimit: number
  /** Of the last step. */
  loop: number
  bounds: readonly number[]
  outgoingBounds: readonly number[]
  /** Milliseconds of the unit of `bounds`. */
  factor: number
  window: number
  hasTraffic: boolean
  inFlight: number
  connections: number
  rows: WindowRow[]
  inFlightByRow: Record<string, number>
  outgoing: WindowRow[]
  history: HistoryStep[]
  recent: RecentRequest[] | undefined
  actions: OperatorAction[]
  sections: Record<string, unknown>
}
