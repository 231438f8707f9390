import { callListener, LazyCounter } from '@seaworthy/internal'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { SchemeName } from './identity.ts'

/**
 * The subject of an event.
 *
 * @example
 * const watched: readonly AuditType[] = ['login', 'refresh_reused']
 */
export type AuditType =
  | 'access'
  | 'api_key'
  | 'csrf'
  | 'login'
  | 'provider_login'
  | 'provider_logout'
  | 'token_issued'
  | 'token_refreshed'
  | 'refresh_reused'
  | 'revoked'
  | 'session_started'
  | 'session_ended'
  | 'key_rotated'

/**
 * One decision or change. It never has a token, cookie, key or password.
 *
 * @example
 * await app.register(auth, {
 *   onAudit: (event: AuditEvent) => console.log(event.type, event.outcome, event.subject)
 * })
 */
export interface AuditEvent {
  readonly type: AuditType
  /** `allowed`, `unauthenticated`, `denied`, `would_deny`, `unavailable`, … */
  readonly outcome: string
  readonly scheme?: SchemeName | 'password' | 'oauth2' | 'none' | undefined
  /** The error's code, if the request was rejected. */
  readonly code?: string | undefined
  readonly subject?: string | undefined
  /** The route's pattern. */
  readonly route?: string | undefined
  readonly method?: string | undefined
  readonly ip?: string | undefined
  readonly correlationId?: string | undefined
  /** The id of the API key that the event is about. */
  readonly keyId?: string | undefined
  /** Until when the key is valid that was replaced, in **milliseconds** since 1970. */
  readonly expiresAt?: number | undefined
}

/** The option `onAudit`. */
export type AuditListener = (event: AuditEvent, request: FastifyRequest | undefined) => void

export interface Audit {
  /** Logs and counts an event, and passes it to the listener. */
  record(
    event: Pick<AuditEvent, 'type' | 'outcome' | 'scheme' | 'code' | 'subject' | 'keyId' | 'expiresAt'>,
    request?: FastifyRequest
  ): void
  /** The hot path: a request was allowed. Counts, and builds an event only for a listener. */
  allowed(scheme: SchemeName, subject: string | undefined, request: FastifyRequest): void
}

export function createAudit(fastify: FastifyInstance, listener: AuditListener | undefined): Audit {
  const decisions = new LazyCounter(fastify, {
    name: 'auth_decisions_total',
    help: 'Authentication and authorization decisions by scheme and outcome',
    labels: ['scheme', 'outcome']
  })
  const events = new LazyCounter(fastify, {
    name: 'auth_events_total',
    help: 'Logins, tokens, sessions and revocations',
    labels: ['type', 'outcome']
  })

  const deliver = (event: AuditEvent, request: FastifyRequest | undefined): void => {
    if (listener === undefined) return
    callListener(
      () => listener(event, request),
      (err) => fastify.log.error({ err }, 'auth: "onAudit" threw; the request continues; fix the function')
    )
  }

  return {
    record(event, request) {
      const full = { ...event, ...describeRequest(request) }
      if (event.type === 'access' || event.type === 'csrf')
        decisions.inc(event.scheme ?? 'none', event.outcome)
      else events.inc(event.type, event.outcome)

      const level = event.type === 'refresh_reused' ? 'warn' : 'info'
      const log = request?.log ?? fastify.log
      log[level]({ audit: full }, `auth: ${event.type} ${event.outcome}`)
      deliver(full, request)
    },
    allowed(scheme, subject, request) {
      decisions.inc(scheme, 'allowed')
      if (listener === undefined) return
      deliver({ type: 'access', outcome: 'allowed', scheme, subject, ...describeRequest(request) }, request)
    }
  }
}

const describeRequest = (request: FastifyRequest | undefined): Partial<AuditEvent> =>
  request === undefined
    ? {}
    : {
        route: request.routeOptions.url,
        method: request.method,
        ip: request.ip,
        correlationId: request.id
      }
