import { isObject } from '@seaworthy/internal'
import { sectionOf, type BreakersSection, type BreakerSection, type HealthSection } from './sections.ts'
import type { Snapshot } from './snapshot.ts'
import type { BreakerStatus, CheckStatus, CheckTransition, Readiness } from './types.ts'

const checkOrder = ['fail', 'pending', 'degraded', 'pass']
const breakerOrder = ['isolated', 'open', 'half-open', 'closed']
const readinessOrder = ['not ready', 'degraded', 'ready']

/** Sorts what is worst to the front. Unknown states count as the worst. */
const byOrder =
  <T>(order: readonly string[], stateOf: (value: T) => string) =>
  (a: T, b: T): number =>
    order.indexOf(stateOf(a)) - order.indexOf(stateOf(b))

/** `2 of 4 workers`, unless the state is that of all. */
const agreement = (same: number, all: number): string | undefined =>
  same === all ? undefined : `${same} of ${all} workers`

const healthOf = ({ sections }: Snapshot) => sectionOf<HealthSection>(sections, 'health')
const breakersIn = ({ sections }: Snapshot) => {
  const { breakers } = sectionOf<BreakersSection>(sections, 'breakers') ?? {}
  return Array.isArray(breakers) ? breakers : []
}

/** The readiness of the worker that is least ready. */
export function readinessOf(snapshots: readonly Snapshot[]): Readiness | undefined {
  const [worst] = snapshots
    .flatMap((snapshot) => healthOf(snapshot) ?? [])
    .sort(byOrder(readinessOrder, ({ status }) => status))
  if (worst === undefined) return undefined
  const { status, reason, maintenance, held = [] } = worst
  return { status, reason, maintenance, held }
}

export function checksOf(snapshots: readonly Snapshot[]): CheckStatus[] {
  const names = new Map<string, CheckStatus[]>()
  for (const snapshot of snapshots) {
    for (const [name, check] of Object.entries(healthOf(snapshot)?.checks ?? {})) {
      const { status, critical = false, since, lastRun, lastPass, duration, error } = check
      const one = { name, status, critical, since, lastRun, lastPass, duration, error }
      names.set(name, [...(names.get(name) ?? []), one])
    }
  }
  const sorted = byOrder<CheckStatus>(checkOrder, ({ status }) => status)
  return [...names.values()]
    .map((same) => {
      const worst = same.toSorted(sorted)[0]!
      const agreeing = same.filter(({ status }) => status === worst.status).length
      return { ...worst, workers: agreement(agreeing, same.length) }
    })
    .sort((a, b) => sorted(a, b) || Number(b.critical) - Number(a.critical) || a.name.localeCompare(b.name))
}

/** The last changes of all workers, newest first. The first pass of each check is no news. */
export function checkHistoryOf(snapshots: readonly Snapshot[]): CheckTransition[] {
  return snapshots
    .flatMap((snapshot) => healthOf(snapshot)?.history ?? [])
    .filter(({ from, to }) => from !== 'pending' || to !== 'pass')
    .toSorted((a, b) => b.at.localeCompare(a.at))
    .slice(0, 50)
}

export function breakersOf(snapshots: readonly Snapshot[]): BreakerStatus[] {
  const names = new Map<string, BreakerSection[]>()
  for (const breaker of snapshots.flatMap(breakersIn)) {
    const same = names.get(breaker.name)
    if (same === undefined) names.set(breaker.name, [breaker])
    else same.push(breaker)
  }
  const sorted = byOrder<{ state: string }>(breakerOrder, ({ state }) => state)
  return [...names.values()]
    .map(addBreakers(sorted))
    .sort((a, b) => sorted(a, b) || a.name.localeCompare(b.name))
}

const addBreakers =
  (sorted: (a: BreakerSection, b: BreakerSection) => number) =>
  (same: BreakerSection[]): BreakerStatus => {
    const worst = same.toSorted(sorted)[0]!
    const counts: Record<string, number> = {}
    for (const breaker of same) {
      for (const [outcome, count] of Object.entries(breaker.counts ?? {}))
        counts[outcome] = (counts[outcome] ?? 0) + count
    }
    const total = (of: (breaker: BreakerSection) => number | undefined) =>
      same.reduce((count, breaker) => count + (of(breaker) ?? 0), 0)
    const [lastChange] = same.flatMap((breaker) => breaker.lastChange ?? []).sort((a, b) => b.at - a.at)
    return {
      name: worst.name,
      state: worst.state,
      counts,
      degraded: total(({ degraded }) => degraded),
      retries: total(({ retries }) => retries),
      keys: worst.keys,
      lastChange,
      workers: agreement(same.filter(({ state }) => state === worst.state).length, same.length)
    }
  }

const storeOf = (section: unknown): Record<string, unknown> | undefined => {
  const store = isObject(section) ? section['store'] : undefined
  return isObject(store) ? store : undefined
}

/** The sections of the first worker. A store that fails in another one is shown as that one sees it. */
export function sectionsOf(snapshots: readonly Snapshot[]): Record<string, unknown> {
  const [first] = snapshots as [Snapshot]
  return Object.fromEntries(
    Object.entries(first.sections).map(([name, own]) => {
      const all = snapshots.map(({ sections }) => sections[name])
      const failing = all.filter((section) => storeOf(section)?.['up'] === false)
      const [worst] = failing
      if (!isObject(worst)) return [name, own]
      const workers = agreement(failing.length, all.length)
      return [name, { ...worst, store: { ...storeOf(worst), ...(workers === undefined ? {} : { workers }) } }]
    })
  )
}
