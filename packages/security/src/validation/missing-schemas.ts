import type { RouteOptions } from 'fastify'
import type { OpenBoundary } from '../status.ts'
import type { Boundary } from './options.ts'

const methodsWithBody = new Set(['POST', 'PUT', 'PATCH'])

/** The inputs of a route that have no schema. `undefined` if each of `boundaries` has one. */
export function findMissingSchemas(
  route: RouteOptions,
  boundaries: readonly Boundary[]
): OpenBoundary | undefined {
  const methods = [route.method].flat().map((method) => method.toUpperCase())
  if (methods.every((method) => method === 'HEAD' || method === 'OPTIONS')) return undefined

  const schema = (route.schema ?? {}) as Record<string, unknown>
  const url = route.url.replaceAll('::', '')
  // @fastify/static and @fastify/swagger-ui hide their routes, check the path themselves, and take no schema for it.
  const isOfTool = schema.hide === true
  const accepts: Record<Boundary, boolean> = {
    body: methods.some((method) => methodsWithBody.has(method)),
    params: /:/.test(url) || (url.includes('*') && !isOfTool),
    querystring: true,
    headers: true
  }
  // Fastify also takes `query` for `querystring`.
  const hasSchema = (boundary: Boundary) =>
    schema[boundary] !== undefined || (boundary === 'querystring' && schema.query !== undefined)
  const missing = boundaries.filter((boundary) => accepts[boundary] && !hasSchema(boundary))
  return missing.length === 0 ? undefined : { method: methods.join(','), url: route.url, missing }
}

/** `POST /orders (body), GET /orders/:id (params)`, twenty routes at most. */
export function formatBoundaries(open: readonly OpenBoundary[]): string {
  const shown = open
    .slice(0, 20)
    .map(({ method, url, missing }) => `${method} ${url} (${missing.join(', ')})`)
    .join(', ')
  return open.length > 20 ? `${shown} and ${open.length - 20} more` : shown
}
