import type { RouteOptions } from 'fastify'
import type { OpenBoundary } from '../status.ts'
import type { Boundary } from './options.ts'

const withBody = new Set(['POST', 'PUT', 'PATCH'])

/** What of a route comes in without a schema. */
export function openBoundary(route: RouteOptions, watched: readonly Boundary[]): OpenBoundary | undefined {
  const methods = [route.method].flat().map((method) => method.toUpperCase())
  if (methods.every((method) => method === 'HEAD' || method === 'OPTIONS')) return undefined

  const schema = (route.schema ?? {}) as Record<string, unknown>
  const takes: Record<Boundary, boolean> = {
    body: methods.some((method) => withBody.has(method)),
    params: /[:*]/.test(route.url.replaceAll('::', '')),
    querystring: true,
    headers: true
  }
  // `query` is Fastify's other name for it.
  const has = (boundary: Boundary) =>
    schema[boundary] !== undefined || (boundary === 'querystring' && schema.query !== undefined)
  const missing = watched.filter((boundary) => takes[boundary] && !has(boundary))
  return missing.length === 0 ? undefined : { method: methods.join(','), url: route.url, missing }
}

/** `POST /orders (body), GET /orders/:id (params)`, the first twenty. */
export function listed(open: readonly OpenBoundary[]): string {
  const named = open
    .slice(0, 20)
    .map(({ method, url, missing }) => `${method} ${url} (${missing.join(', ')})`)
  return open.length > 20 ? `${named.join(', ')} and ${open.length - 20} more` : named.join(', ')
}
