import type { FastifyRequest, RouteOptions } from 'fastify'

/** Data that a plugin computes once for each route, in `onRoute`, and reads on each request. */
export interface RouteData<T> {
  /** Stores the data with the route. The `config` is copied first, because an app may share one among routes. */
  set(route: RouteOptions, data: T): void
  /** The data of a route, as another `onRoute` hook may have set it before. */
  of(route: RouteOptions): T | undefined
  /** The data of the request's route. `undefined` for routes added before the plugin and for unmatched requests. */
  get(request: FastifyRequest): T | undefined
}

/**
 * Creates data that each route can carry in its `config`, under a symbol that no other code has.
 *
 * @param name - The plugin and what the data is, for debuggers: `security.rate-limit`.
 */
export function routeData<T>(name: string): RouteData<T> {
  const key = Symbol(`seaworthy.${name}`)
  type Config = { [key]?: T } | undefined

  return {
    of: (route) => (route.config as Config)?.[key],
    set(route, data) {
      route.config = { ...route.config, [key]: data } as NonNullable<RouteOptions['config']>
    },
    get: (request) => (request.routeOptions.config as Config)?.[key]
  }
}
