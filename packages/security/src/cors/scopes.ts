import { routeData, type RouteData } from '@seaworthy/contract'
import { invalidOption, sharedInApp } from '@seaworthy/internal'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { RouteCors } from './options.ts'

/** A registration of the plugin. The routes of its scope are its own, and not those of a registration around it. */
export interface CorsScope {
  /** The scope of each route, for all registrations of the app. */
  readonly routes: RouteData<RouteOfScope>
  /** Whether a scope inside of this one has a registration of its own. */
  hasInner: boolean
}

interface RouteOfScope {
  readonly owner: CorsScope
  /** The route's options as the app wrote them. */
  readonly written: RouteCors | undefined
}

const scopeKey = Symbol.for('seaworthy.security.cors-scope.v1')
const ownerKey = Symbol.for('seaworthy.security.cors-owner.v1')

interface LinkedScope extends CorsScope {
  readonly prefix: string
  readonly outer: LinkedScope | undefined
}
type Scope = FastifyInstance & { [scopeKey]?: LinkedScope }

/**
 * Notes a registration in its scope.
 *
 * @throws RangeError with the code `INVALID_OPTION` for a second one under the same prefix: both would answer preflights.
 */
export function enterScope(fastify: FastifyInstance): CorsScope {
  const { [scopeKey]: outer, prefix } = fastify as Scope
  if (outer?.prefix === prefix) {
    throw invalidOption(
      `security: "cors" is registered twice for the routes under "${prefix}/"; register the second one in a scope with a prefix, or let routes decide by config.cors`
    )
  }
  for (let each = outer; each !== undefined; each = each.outer) each.hasInner = true
  const routes = sharedInApp(fastify, 'security.cors-routes.v1', () =>
    routeData<RouteOfScope>('security.cors')
  )
  const scope: LinkedScope = { routes, hasInner: false, prefix, outer }
  Object.defineProperty(fastify, scopeKey, { value: scope, configurable: true })
  return scope
}

/**
 * Makes a route that of a registration: the innermost one comes last.
 *
 * @returns The route's options as the app wrote them. A registration around this one has converted them already.
 */
export function takeRoute(scope: CorsScope, route: RouteOptions): RouteCors | undefined {
  const { cors } = (route.config ?? {}) as { cors?: RouteCors }
  const written = scope.routes.of(route)?.written ?? cors
  scope.routes.set(route, { owner: scope, written })
  return written
}

/**
 * Whether the route of a request is that of a registration in an inner scope. It stays so when the route hands a
 * preflight on to the handler of unknown paths.
 */
export function belongsToInner(scope: CorsScope, request: FastifyRequest): boolean {
  const marked = request.raw as { [ownerKey]?: CorsScope | undefined }
  const owner = scope.routes.get(request)?.owner ?? marked[ownerKey]
  marked[ownerKey] = owner
  return owner !== undefined && owner !== scope
}
