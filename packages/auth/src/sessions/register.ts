import secureSession, { type SecureSessionPluginOptions } from '@fastify/secure-session'
import type { FastifyInstance } from 'fastify'
import type { Audit } from '../core/audit.ts'
import type { Scheme } from '../schemes/types.ts'
import type { AuthStore } from '../stores/store.ts'
import type { ResolvedSession } from './options.ts'
import { sessionScheme } from './scheme.ts'
import { createSessions } from './sessions.ts'
import type { SessionHooks, Sessions } from './types.ts'

// The official declarations apply here. The published ones (`sessions/decorators.ts`) do not import them.
declare module '@fastify/secure-session' {
  interface SessionData {
    [key: string]: unknown
  }
}

export interface SessionFeature {
  readonly sessions: Sessions & SessionHooks
  readonly scheme: Scheme
}

/** Registers what the option `session` brings. Loaded only if it is set. */
export async function registerSessions(
  fastify: FastifyInstance,
  options: ResolvedSession,
  { realm, store, audit }: { realm: string; store: AuthStore; audit: Audit }
): Promise<SessionFeature> {
  const { log } = fastify
  const { key, secret, salt, cookie, cookieName, absoluteTimeout } = options
  if (key === undefined) {
    const what = '"session.secret" takes seconds and 256 MiB at start; deriving the key'
    log.warn(`auth: ${what}; use "session.key" (openssl rand -base64 32)`)
  }
  if (cookie.secure === false) {
    const what = '"session.cookie.secure" is false; the network can read the session'
    log.warn(`auth: ${what}; set it to true in production`)
  }
  const createSession = () => fastify.createSecureSession({})
  const sessions = createSessions(options, { store, audit, log, createSession })

  // Before the hooks of @fastify/secure-session, because its hook writes the cookie.
  fastify.addHook('onSend', sessions.onSend)
  await fastify.register(secureSession, {
    ...(key === undefined ? { secret, ...(salt === undefined ? {} : { salt }) } : { key }),
    cookieName,
    cookie,
    // Seconds for which a cookie is accepted at most. The server can end the session earlier.
    expiry: Math.ceil(absoluteTimeout / 1000)
  } as SecureSessionPluginOptions)
  // After its hook that reads the cookie.
  fastify.addHook('onRequest', sessions.onRequest)

  return { sessions, scheme: sessionScheme(sessions, realm) }
}
