import type { RouteOptions } from 'fastify'
import { restricts, shownSchemes, type Requirement } from './requirement.ts'

/** Who may use one route. */
export interface MatrixRow {
  method: string
  url: string
  /** `unmarked`: nothing says who may use it, so everyone may. */
  access: 'public' | 'optional' | 'authenticated' | 'restricted' | 'operational' | 'unmarked'
  schemes: string
  roles: readonly string[]
  scopes: readonly string[]
  policies: readonly string[]
  owner: readonly string[]
  /** Refusals are only logged. */
  report: boolean
}

/** Rows of a route, one for each method. */
export function rowsOf(
  { method, url }: Pick<RouteOptions, 'method' | 'url'>,
  mark: 'public' | 'operational' | 'unmarked' | readonly Requirement[]
): MatrixRow[] {
  const requirements = typeof mark === 'string' ? [] : mark
  const access = typeof mark === 'string' ? mark : accessOf(mark)
  return [method].flat().map((name) => ({
    method: name,
    url,
    access,
    schemes: [...new Set(requirements.map(({ schemes }) => shownSchemes(schemes)))].join(' and '),
    roles: requirements.flatMap(({ roles }) => roles),
    scopes: requirements.flatMap(({ scopes }) => scopes),
    policies: requirements.flatMap(({ policies }) => policies.map((policy) => policy.name)),
    owner: requirements.flatMap(({ owner }) => owner.map((policy) => policy.name)),
    report: requirements.some(({ mode }) => mode === 'report')
  }))
}

function accessOf(requirements: readonly Requirement[]): MatrixRow['access'] {
  if (requirements.some(restricts)) return 'restricted'
  return requirements.every(({ optional }) => optional) ? 'optional' : 'authenticated'
}

/** The matrix as text, a line for each route. */
export function printedMatrix(rows: readonly MatrixRow[]): string {
  const cells = rows.map((row) => [
    row.method,
    row.url,
    row.access + (row.report ? ' (report only)' : ''),
    row.schemes,
    [
      ...(row.roles.length > 0 ? [`roles: ${row.roles.join(', ')}`] : []),
      ...(row.scopes.length > 0 ? [`scopes: ${row.scopes.join(', ')}`] : []),
      ...(row.policies.length > 0 ? [`policies: ${row.policies.join(', ')}`] : []),
      ...(row.owner.length > 0 ? [`owner: ${row.owner.join(', ')}`] : [])
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
