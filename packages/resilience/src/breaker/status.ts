import { scrubAndCut } from '@seaworthy/internal'
import type { Circuit } from '../circuit/circuit.ts'
import type { CallCounts } from './metrics.ts'
import type { BreakerStateChange, CircuitState } from '../circuit/state-changes.ts'
import type { BreakerSnapshot } from './types.ts'

/** How many circuits are in each state. */
export function countStates(circuits: readonly Circuit[], isIsolated: boolean): Record<CircuitState, number> {
  const counts: Record<CircuitState, number> = { closed: 0, open: 0, 'half-open': 0, isolated: 0 }
  if (isIsolated) counts.isolated = circuits.length
  else for (const { state } of circuits) counts[state]++
  return counts
}

/** The state of a breaker as a whole: the worst one of its circuits. */
export function overallState(circuits: readonly Circuit[], isIsolated: boolean): CircuitState {
  if (isIsolated) return 'isolated'
  const { open, 'half-open': halfOpen } = countStates(circuits, false)
  return open > 0 ? 'open' : halfOpen > 0 ? 'half-open' : 'closed'
}

interface SnapshotSource {
  readonly name: string
  readonly circuits: readonly Circuit[]
  readonly isIsolated: boolean
  readonly hasKeys: boolean
  readonly counts: CallCounts
  readonly lastChange: BreakerStateChange | undefined
  readonly override: BreakerSnapshot['override']
}

export function takeSnapshot({
  name,
  circuits,
  isIsolated,
  hasKeys,
  counts,
  lastChange,
  override
}: SnapshotSource): BreakerSnapshot {
  const { outcomes, degraded, retries } = counts
  const state = overallState(circuits, isIsolated)
  const others = circuits.filter((circuit) => circuit.state !== 'closed')
  return {
    name,
    state,
    size: circuits.length,
    // Not by assignment: a key may be `__proto__`.
    ...(hasKeys && { keys: Object.fromEntries(others.map(({ key, state }) => [key, state])) }),
    counts: { ...outcomes },
    degraded,
    retries,
    ...(override && { override }),
    ...(lastChange && { lastChange: describeChange(lastChange) })
  }
}

function describeChange({
  at,
  to,
  reason,
  error
}: BreakerStateChange): BreakerSnapshot['lastChange'] & object {
  if (error === undefined) return { at, to, reason }
  const message = error instanceof Error ? error.message : typeof error === 'string' ? error : typeof error
  return { at, to, reason, error: scrubAndCut(message, 300) }
}
