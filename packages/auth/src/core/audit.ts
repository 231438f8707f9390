import type { FastifyInstance, FastifyRequest } from 'fastify'
import { meterPort, whenProvided, type CounterCell, type MetricFamily } from '@seaworthy/contract'
import type { SchemeName } from './identity.ts'

/** What an event is about. */
export type AuditType =
  | 'access'
  | 'csrf'
  | 'login'
  | 'provider_login'
  | 'token_issued'
  | 'token_refreshed'
  | 'refresh_reused'
  | 'revoked'
  | 'session_started'
  | 'session_ended'

/** One decision or change. It never holds a token, cookie, key or password. */
export interface AuditEvent {
  readonly type: AuditType
  /** `allowed`, `unauthenticated`, `denied`, `would_deny`, `unavailable`, … */
  readonly outcome: string
  readonly scheme?: SchemeName | 'password' | 'oauth2' | 'none' | undefined
  /** The error's code, where it was refused. */
  readonly code?: string | undefined
  readonly subject?: string | undefined
  /** The route's pattern. */
  readonly route?: string | undefined
  readonly method?: string | undefined
  readonly ip?: string | undefined
  readonly correlationId?: string | undefined
}

export interface Audit {
  /** Logs, counts and passes on an event. */
  record(
    event: Pick<AuditEvent, 'type' | 'outcome' | 'scheme' | 'code' | 'subject'>,
    request?: FastifyRequest
  ): void
  /** The hot path: a request was let in. Counts, and builds an event only for who listens. */
  allowed(scheme: SchemeName, subject: string | undefined, request: FastifyRequest): void
}

type Listener = ((event: AuditEvent, request: FastifyRequest | undefined) => void) | undefined

export function createAudit(fastify: FastifyInstance, listener: Listener): Audit {
  let decisions: MetricFamily<CounterCell> | undefined
  let events: MetricFamily<CounterCell> | undefined
  const allowedCells = new Map<SchemeName, CounterCell>()
  whenProvided(fastify, meterPort, (meter) => {
    decisions = meter.counter({
      name: 'auth_decisions_total',
      help: 'Requests by scheme and what was decided',
      labels: ['scheme', 'outcome']
    })
    events = meter.counter({
      name: 'auth_events_total',
      help: 'Logins, tokens, sessions and revocations',
      labels: ['type', 'outcome']
    })
    for (const scheme of ['jwt', 'apiKey', 'session'] as const) {
      allowedCells.set(scheme, decisions.with(scheme, 'allowed'))
    }
  })

  const deliver = (event: AuditEvent, request: FastifyRequest | undefined): void => {
    try {
      listener?.(event, request)
    } catch (error) {
      fastify.log.error({ err: error }, 'auth: onAudit threw')
    }
  }
  const describe = (request: FastifyRequest | undefined): Partial<AuditEvent> =>
    request === undefined
      ? {}
      : {
          route: request.routeOptions.url,
          method: request.method,
          ip: request.ip,
          correlationId: request.id
        }

  return {
    record(event, request) {
      const full = { ...event, ...describe(request) }
      if (event.type === 'access' || event.type === 'csrf') {
        decisions?.with(event.scheme ?? 'none', event.outcome).inc()
      } else events?.with(event.type, event.outcome).inc()

      const level = event.type === 'refresh_reused' ? 'warn' : 'info'
      ;(request?.log ?? fastify.log)[level]({ audit: full }, `auth ${event.type}: ${event.outcome}`)
      deliver(full, request)
    },
    allowed(scheme, subject, request) {
      allowedCells.get(scheme)?.inc()
      if (listener === undefined) return
      deliver({ type: 'access', outcome: 'allowed', scheme, subject, ...describe(request) }, request)
    }
  }
}
