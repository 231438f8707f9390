import type { FastifyInstance } from 'fastify'
import type { Overridable } from '@seaworthy/contract'

/** A boundary that no schema guards. */
export interface OpenBoundary {
  method: string
  url: string
  /** What comes in unchecked: `body`, `params`, `querystring`, `headers`. */
  missing: readonly string[]
}

/** One limit as it applies: what a route's requests are counted against. */
export interface LimitInfo {
  name: string
  by: 'ip' | 'user'
  /** `undefined` where a function decides per request. */
  max: number | undefined
  /** Milliseconds; `undefined` where a function decides per request. */
  timeWindow: number | undefined
  stage: string
  observe: boolean
}

/** What the parts of this package tell about themselves. A part that is off leaves its member out. */
export interface SecurityStatus {
  /** The headers that every answer carries. */
  headers?: Readonly<Record<string, string>>
  /** The limits, by name. */
  limits?: () => LimitInfo[]
  /** Where the counts are, and whether the store answers. */
  store?: () => { kind: 'memory' | 'redis'; up: boolean; keys: number }
  /** The boundaries without a schema. Complete once the app is ready. */
  boundaries?: () => OpenBoundary[]
  /** Whose `X-Forwarded-*` headers count. */
  trustProxy?: readonly string[] | false
}

interface SecurityDecorators {
  /** What the security plugins do here. */
  security: Overridable<this, SecurityStatus>
}

declare module 'fastify' {
  interface FastifyInstance extends SecurityDecorators {}
}

/** Adds a part's word to `app.security`, whichever of the parts comes first. */
export function tell(fastify: FastifyInstance, status: SecurityStatus): void {
  if (fastify.hasDecorator('security')) Object.assign(fastify.security, status)
  else fastify.decorate('security', { ...status })
}
