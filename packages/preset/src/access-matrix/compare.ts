import type { Row } from './rows.ts'
import { areSchemesAsStrong } from './scheme-text.ts'

/** How a route has changed. Those of the first two kinds fail. */
export type ChangeKind = 'open' | 'weaker' | 'changed' | 'added' | 'removed'

export interface Change {
  readonly kind: ChangeKind
  readonly method: string
  readonly url: string
  /** The differences, in words. */
  readonly reasons: readonly string[]
}

const ranks: Readonly<Record<string, number>> = { restricted: 3, authenticated: 2, optional: 1 }
/** Public and unmarked routes, and those that a plugin or the app has taken out of authentication. */
const rankOf = ({ access }: Row): number => ranks[access] ?? 0

/** The routes that are not as they were. */
export function compareMatrices(before: readonly Row[], after: readonly Row[]): Change[] {
  const old = byRoute(before)
  const now = byRoute(after)
  const changes: Change[] = []
  for (const [route, rows] of now) {
    const earlier = old.get(route) ?? []
    // Routes with constraints share a method and path. They keep their order.
    for (const [index, row] of rows.entries()) {
      const change = earlier[index] ? compareRows(earlier[index], row) : addedRow(row)
      if (change) changes.push(change)
    }
    changes.push(...earlier.slice(rows.length).map(removedRow))
  }
  for (const [route, rows] of old) if (!now.has(route)) changes.push(...rows.map(removedRow))
  return changes.filter((change) => !isHeadOf(change, changes))
}

export const isFailure = ({ kind }: Change): boolean => kind === 'open' || kind === 'weaker'

function byRoute(rows: readonly Row[]): Map<string, Row[]> {
  const routes = new Map<string, Row[]>()
  for (const row of rows) {
    const key = `${row.method} ${row.url}`
    routes.set(key, [...(routes.get(key) ?? []), row])
  }
  return routes
}

/** Fastify's HEAD route changes with its GET route: one line is enough. */
const isHeadOf = ({ kind, method, url, reasons }: Change, changes: readonly Change[]): boolean =>
  method === 'HEAD' &&
  changes.some(
    (other) =>
      other.method === 'GET' &&
      other.url === url &&
      other.kind === kind &&
      other.reasons.join() === reasons.join()
  )

function addedRow(row: Row): Change {
  const { method, url, access } = row
  return { kind: rankOf(row) < 2 ? 'open' : 'added', method, url, reasons: [`is new and ${access}`] }
}

const removedRow = ({ method, url, access }: Row): Change => ({
  kind: 'removed',
  method,
  url,
  reasons: [`was ${access}`]
})

function compareRows(before: Row, after: Row): Change | undefined {
  const { method, url } = after
  if (rankOf(after) < 2 && rankOf(after) < rankOf(before))
    return { kind: 'open', method, url, reasons: [`was ${before.access}, is ${after.access}`] }
  const weaker = weaknesses(before, after)
  if (weaker.length > 0) return { kind: 'weaker', method, url, reasons: weaker }
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined
  const reasons =
    before.access === after.access
      ? ['has other requirements, none of them weaker']
      : [`was ${before.access}, is ${after.access}`]
  return { kind: 'changed', method, url, reasons }
}

const required = [
  ['scopes', 'scope'],
  ['policies', 'policy'],
  ['owner', 'owner policy'],
  ['amr', 'authentication method']
] as const

/** The requirements that the route no longer has. */
function weaknesses(before: Row, after: Row): string[] {
  const found: string[] = []
  if (rankOf(after) < rankOf(before)) found.push(`was ${before.access}, is ${after.access}`)
  if (rankOf(before) === 0) return found
  if (!areSchemesAsStrong(before.schemes, after.schemes))
    found.push(`is open to ${after.schemes}, was to ${before.schemes}`)
  for (const roles of before.grants) {
    const isAsStrong = after.grants.some((list) => list.every((role) => roles.includes(role)))
    if (isAsStrong) continue
    const now = after.grants.map((list) => list.join(', ')).join(' and ')
    found.push(`took one of the roles ${roles.join(', ')}, takes ${now === '' ? 'no role' : `one of ${now}`}`)
  }
  for (const [member, name] of required)
    for (const value of before[member])
      if (!after[member].includes(value)) found.push(`no longer takes the ${name} ${value}`)
  const isLessSure = after.acr.length === 0 || after.acr.some((value) => !before.acr.includes(value))
  if (before.acr.length > 0 && isLessSure)
    found.push(`took the context ${before.acr.join(', ')}, takes ${after.acr.join(', ') || 'any'}`)
  if (after.maxAge > before.maxAge) {
    const limit = after.maxAge === Infinity ? 'any age' : `${after.maxAge} s`
    found.push(`took a login of ${before.maxAge} s at most, takes ${limit}`)
  }
  if (after.report && !before.report) found.push('only reports what it denied')
  return found
}
