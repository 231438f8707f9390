import type { FastifyInstance } from 'fastify'
import type { AuthStore } from '../stores/store.ts'
import { createBinding, type TokenBinding } from './binding.ts'
import type { ResolvedDpop } from './options.ts'

/** An issuer of tokens. */
interface Issuer {
  readonly issuer: string
  readonly dpopRequired?: boolean | undefined
}

/** The options of tokens that matter here. */
export interface DpopContext {
  readonly issuers: readonly Issuer[]
  readonly introspected: Issuer | undefined
  /** Milliseconds. */
  readonly clockTolerance: number
}

/** Registers what the option `jwt.dpop` brings. Loaded only if it is set. */
export function registerDpop(
  fastify: FastifyInstance,
  { issuers, introspected, clockTolerance }: DpopContext,
  options: ResolvedDpop,
  { realm, store, local }: { realm: string; store: AuthStore; local: AuthStore }
): TokenBinding {
  const all = introspected === undefined ? issuers : [...issuers, introspected]
  const required = all.filter(({ dpopRequired }) => dpopRequired === true).map(({ issuer }) => issuer)
  const requiredIssuers = new Set(required)
  const binding = createBinding(options, { realm, clockTolerance, requiredIssuers, store, local })
  const { nonces } = binding
  if (nonces !== undefined) {
    fastify.addHook('onRequest', (request, reply, done) => {
      const { dpop, authorization } = request.headers
      // Clients take the nonce of any response for their next request.
      if (dpop !== undefined || (authorization !== undefined && /^dpop\b/i.test(authorization)))
        void reply.header('dpop-nonce', nonces.current())
      done()
    })
  }
  return binding
}
