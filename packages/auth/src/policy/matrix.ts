import type { RouteOptions } from 'fastify'
import { formatSchemes } from '../schemes/expression.ts'
import { isRestricted, type Requirement } from './requirement.ts'
import type { Roles } from './roles.ts'

/**
 * The access rules of one route.
 *
 * @example
 * const open = app.auth.matrix().filter(({ access }: MatrixRow) => access === 'public')
 * console.log(open.map(({ method, url }) => `${method} ${url}`).join('\n'))
 */
export interface MatrixRow {
  method: string
  url: string
  /** `unmarked`: the route has no rule, so all requests are allowed. */
  access: 'public' | 'optional' | 'authenticated' | 'restricted' | 'operational' | 'unmarked'
  schemes: string
  roles: readonly string[]
  /** The roles that open the route, those that include one of `roles` too: one of each list is required. */
  grants: readonly (readonly string[])[]
  scopes: readonly string[]
  policies: readonly string[]
  owner: readonly string[]
  /** One of these is required. */
  acr: readonly string[]
  /** All of these are required. */
  amr: readonly string[]
  /** **Seconds** since the user authenticated, at most. */
  maxAge?: number
  /** A token that is bound to a key is required. */
  dpopRequired?: boolean
  /** Denials are only logged. */
  report: boolean
}

/** The rows of a route, one for each method. */
export function rowsOf(
  { method, url }: Pick<RouteOptions, 'method' | 'url'>,
  rule: 'public' | 'operational' | 'unmarked' | readonly Requirement[],
  rolesGranting: Roles['rolesGranting']
): MatrixRow[] {
  const requirements = typeof rule === 'string' ? [] : rule
  const access = typeof rule === 'string' ? rule : accessOf(rule)
  const stepUps = requirements.flatMap(({ stepUp }) => stepUp ?? [])
  const ages = stepUps.flatMap(({ maxAge }) => maxAge ?? [])
  return [method].flat().map((name) => ({
    method: name,
    url,
    access,
    schemes: [...new Set(requirements.map(({ schemes }) => formatSchemes(schemes)))].join(' and '),
    roles: requirements.flatMap(({ roles }) => roles),
    grants: requirements.flatMap(({ roles }) => (roles.length > 0 ? [[...rolesGranting(roles)]] : [])),
    scopes: requirements.flatMap(({ scopes }) => scopes),
    policies: requirements.flatMap(({ policies }) => policies.map((policy) => policy.name)),
    owner: requirements.flatMap(({ owner }) => owner.map((policy) => policy.name)),
    acr: stepUps.flatMap(({ acr }) => acr),
    amr: stepUps.flatMap(({ amr }) => amr),
    ...(ages.length > 0 ? { maxAge: Math.min(...ages) } : {}),
    ...(requirements.some(({ dpopRequired }) => dpopRequired) ? { dpopRequired: true } : {}),
    report: requirements.some(({ mode }) => mode === 'report')
  }))
}

function accessOf(requirements: readonly Requirement[]): MatrixRow['access'] {
  if (requirements.some(isRestricted)) return 'restricted'
  return requirements.every(({ optional }) => optional) ? 'optional' : 'authenticated'
}

/** The matrix as text, one line for each route and method. */
export function formatMatrix(rows: readonly MatrixRow[]): string {
  const cells = rows.map((row) => [
    row.method,
    row.url,
    row.access + (row.report ? ' (report only)' : ''),
    row.schemes,
    [
      ...(row.roles.length > 0 ? [`roles: ${row.roles.join(', ')}`] : []),
      ...(row.scopes.length > 0 ? [`scopes: ${row.scopes.join(', ')}`] : []),
      ...(row.policies.length > 0 ? [`policies: ${row.policies.join(', ')}`] : []),
      ...(row.owner.length > 0 ? [`owner: ${row.owner.join(', ')}`] : []),
      ...(row.acr.length > 0 ? [`acr: ${row.acr.join(', ')}`] : []),
      ...(row.amr.length > 0 ? [`amr: ${row.amr.join(', ')}`] : []),
      ...(row.maxAge === undefined ? [] : [`max age: ${row.maxAge} s`]),
      ...(row.dpopRequired ? ['DPoP'] : [])
    ].join('; ')
  ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...cells.map((row) => row[column]!.length)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}
