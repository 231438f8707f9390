import type { FastifyInstance } from 'fastify'
import type { Audit } from '../core/audit.ts'
import type { Scheme } from '../schemes/types.ts'
import type { SessionHooks, Sessions } from '../sessions/types.ts'
import { cookieCredentials } from './cookie-credentials.ts'
import { createCsrf, type Csrf } from './csrf.ts'
import type { ResolvedCsrf } from './options.ts'

/** Registers what the option `csrf` brings: after the hooks that read cookies. */
export function registerCsrf(
  fastify: FastifyInstance,
  options: ResolvedCsrf,
  {
    audit,
    sessions,
    tokenCookie,
    explicit
  }: {
    audit: Audit
    sessions: (Sessions & SessionHooks) | undefined
    tokenCookie: string | undefined
    explicit: readonly (Scheme | undefined)[]
  }
): Csrf {
  const csrf = createCsrf(options, {
    audit,
    cookies: cookieCredentials(sessions, tokenCookie),
    explicit: explicit.filter((scheme) => scheme !== undefined)
  })
  fastify.addHook('onRequest', csrf.onRequest)
  return csrf
}
