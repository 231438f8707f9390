import type { FastifyRequest } from 'fastify'
import type { Identity, SchemeName } from '../core/identity.ts'

/**
 * One scheme, any of several (a list is the same), or all of them.
 *
 * @example
 * const schemes: SchemeExpression = { any: ['session', { all: ['apiKey', 'jwt'] }] }
 * app.get('/report', { config: { auth: { schemes } } }, async () => 'report')
 */
export type SchemeExpression =
  | SchemeName
  | readonly SchemeExpression[]
  | { readonly any: readonly SchemeExpression[] }
  | { readonly all: readonly SchemeExpression[] }

/** Called once: with an error, with an identity, or with neither if the request has no such credentials. */
export type IdentifyCallback = (error: Error | null, identity?: Identity) => void

/** Authenticates a request. Calls back at once if nothing has to be fetched. */
export type Identify = (request: FastifyRequest, callback: IdentifyCallback) => void

/** A way to authenticate requests. */
export interface Scheme {
  readonly name: SchemeName
  /** The challenges in `WWW-Authenticate` for a request without credentials. */
  readonly challenge: string | readonly string[]
  readonly identify: Identify
}
