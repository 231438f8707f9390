import secureSession, { type SecureSessionPluginOptions } from '@fastify/secure-session'
import type { FastifyInstance } from 'fastify'
import type { Audit } from '../core/audit.ts'
import type { ResolvedSession } from './options.ts'
import type { Scheme } from '../schemes/compile.ts'
import type { AuthStore } from '../stores/store.ts'
import { sessionScheme } from './scheme.ts'
import { createSessions, type Sessions } from './sessions.ts'

// Here the official declarations are in sight, and win. They are not in those that are published (`types/sessions.ts`).
declare module '@fastify/secure-session' {
  interface SessionData {
    [key: string]: unknown
  }
}

/** Loaded only when sessions are on. */
export async function sessionPart(
  fastify: FastifyInstance,
  options: ResolvedSession,
  store: AuthStore,
  audit: Audit,
  realm: string
): Promise<{ sessions: Sessions; scheme: Scheme }> {
  const { key, secret, salt, cookie, cookieName, absoluteTimeout } = options
  if (key === undefined) {
    fastify.log.warn(
      'auth: "session.secret" takes seconds and 256 MiB at start: use "session.key" (openssl rand -base64 32)'
    )
  }
  if (cookie.secure === false) {
    fastify.log.warn('auth: "session.cookie.secure" is false: the session can be read on the network')
  }
  const sessions = createSessions(options, store, audit, fastify.log, () => fastify.createSecureSession({}))

  // Before the cookie is written, so before the hooks of @fastify/secure-session.
  fastify.addHook('onSend', sessions.onSend)
  await fastify.register(secureSession, {
    ...(key === undefined ? { secret, ...(salt === undefined ? {} : { salt }) } : { key }),
    cookieName,
    cookie,
    // The longest that a cookie is taken for; the server decides before that.
    expiry: Math.ceil(absoluteTimeout / 1000)
  } as SecureSessionPluginOptions)
  // After it has read the cookie.
  fastify.addHook('onRequest', sessions.onRequest)

  return { sessions, scheme: sessionScheme(sessions, realm) }
}
