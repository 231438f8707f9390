import type { AtLeastOne, NoOptions, Overridable } from '@seaworthy/contract'
import type { RouteOptions } from 'fastify'
import { check } from '../option-checks.ts'
import type { HelmetHeaders } from './helmet-types.ts'
import type { HeadersOptions, HelmetRouteOption, RouteHeadersOptions } from './options.ts'

/**
 * A route's headers: options on top of the plugin's, or `false` for none. In the route's `config.headers`;
 * `config.helmet` and the route option `helmet` of `@fastify/helmet` are read too.
 *
 * @example
 * const framed: RouteHeaders = { frameguard: false }
 * app.get('/widget', { config: { headers: framed } }, async () => 'may be framed')
 */
export type RouteHeaders = AtLeastOne<RouteHeadersOptions & HelmetHeaders> | NoOptions | false

/**
 * {@link RouteHeaders} under the name of `@fastify/helmet`, whose older releases had `skipRoute: true` for `false`.
 *
 * @example
 * const helmet: RouteHelmet = { frameguard: false }
 * app.get('/widget', { config: { helmet } }, async () => 'may be framed')
 */
export type RouteHelmet =
  | AtLeastOne<RouteHeadersOptions & HelmetHeaders & { skipRoute?: boolean }>
  | NoOptions
  | false

interface HeadersConfig {
  /** The route's headers: options on top of the plugin's, or `false` for none. */
  headers?: Overridable<this, RouteHeaders>
  /** The same as `headers`, under the name of `@fastify/helmet`. */
  helmet?: Overridable<this, RouteHelmet>
}

declare module 'fastify' {
  interface FastifyContextConfig extends HeadersConfig {}
  // As members, not inherited: `@fastify/helmet` adds inherited interfaces here, and two of those must agree.
  interface RouteShorthandOptions {
    /** The route's headers, as in `config.headers`: the option of `@fastify/helmet`. */
    helmet?: Overridable<this, HelmetRouteOption>
  }
  interface RouteOptions {
    /** The route's headers, as in `config.headers`: the option of `@fastify/helmet`. */
    helmet?: Overridable<this, HelmetRouteOption>
  }
}

/** The route's options for headers, under whichever name, as they are; `undefined` if it has none. */
export function routeHeaders(route: RouteOptions): HeadersOptions | false | undefined {
  const { helmet } = route as { helmet?: unknown }
  const { headers, helmet: configHelmet } = (route.config ?? {}) as { headers?: unknown; helmet?: unknown }
  const options = headers ?? helmet ?? configHelmet
  if (options === undefined || options === false) return options
  if (typeof options !== 'object' || options === null) {
    return check.fail(`headers of ${route.url}`, 'an object or false', options)
  }
  return (options as { skipRoute?: boolean }).skipRoute ? false : options
}
