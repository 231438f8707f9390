import type { Overridable } from '@seaworthy/contract'
import type { FastifyInstance } from 'fastify'

/**
 * A route that accepts input without a schema.
 *
 * @example
 * const open: readonly OpenBoundary[] = app.security.boundaries?.() ?? []
 * console.log(open.map(({ method, url, missing }) => `${method} ${url}: no schema for ${missing.join(', ')}`))
 */
export interface OpenBoundary {
  method: string
  url: string
  /** The inputs without a schema: `body`, `params`, `querystring`, `headers`. */
  missing: readonly string[]
}

/**
 * One limit in force.
 *
 * @example
 * const limits: readonly LimitInfo[] = app.security.limits?.() ?? []
 * console.log(limits.map(({ name, max }) => `${name}: ${max}`))
 */
export interface LimitInfo {
  name: string
  /** Whether requests are counted by address or by user. */
  by: 'ip' | 'user'
  /** Requests within the window. `undefined` if a function decides per request. */
  max: number | undefined
  /** The window in milliseconds. `undefined` if a function decides per request. */
  timeWindow: number | undefined
  /** The hook in which the limit is evaluated; `user`: as soon as the user is authenticated. */
  stage: string
  /** Whether the limit only counts and rejects nothing. */
  observe: boolean
}

/**
 * The settings in force, of `app.security`. The member of a plugin that is not registered is absent.
 *
 * @example
 * const { trustProxy, store }: SecurityStatus = app.security
 * console.log(trustProxy, store?.().up)
 */
export interface SecurityStatus {
  /** The headers that every response carries. */
  headers?: Readonly<Record<string, string>>
  /** The limits, by name. */
  limits?: () => LimitInfo[]
  /** The store of the counts, and whether it answers. Of several registrations: whether all do. */
  store?: () => { kind: 'memory' | 'redis' | 'custom'; up: boolean; keys: number }
  /** The routes that accept input without a schema. Complete once the app is ready. */
  boundaries?: () => OpenBoundary[]
  /** The proxies whose `X-Forwarded-*` headers are trusted. */
  trustProxy?: readonly string[] | false
}

interface SecurityDecorators {
  /** The security settings in force. */
  security: Overridable<this, SecurityStatus>
}

declare module 'fastify' {
  interface FastifyInstance extends SecurityDecorators {}
}

/** The object behind `app.security`, which the first of the plugins creates. Each plugin sets its members. */
export function securityStatus(fastify: FastifyInstance): SecurityStatus {
  if (!fastify.hasDecorator('security')) fastify.decorate('security', {})
  return fastify.security
}
