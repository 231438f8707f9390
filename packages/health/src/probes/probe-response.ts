import type { FastifyReply } from 'fastify'
import type { CheckState } from '../checks/check.ts'
import type { ReadinessResult } from '../readiness/evaluate-readiness.ts'

/** The options that decide the responses of probes. */
export interface ProbeOptions {
  expose: boolean
  degradedStatus: number
  notReadyStatus: number
}

const jsonType = 'application/json; charset=utf-8'
const healthJsonType = 'application/health+json; charset=utf-8'

/** The words of `application/health+json` (draft-inadarei-api-health-check) for a status and for the state of a check. */
const healthJsonStatus = { ready: 'pass', degraded: 'warn', 'not ready': 'fail' } as const
const healthJsonState: Readonly<Record<CheckState, string>> = {
  pass: 'pass',
  degraded: 'warn',
  fail: 'fail',
  pending: 'fail'
}

const acceptsHealthJson = (accept: string | undefined): boolean =>
  accept !== undefined && /application\/health\+json(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accept)

/**
 * Sends the response of a probe as JSON, or as `application/health+json` if the request accepts that. It sets the
 * headers against caching and sniffing itself, because no hook of the app runs for it.
 */
export function sendProbeResponse(
  reply: FastifyReply,
  statusCode: number,
  body: object,
  healthJsonBody: object
): void {
  const healthJson = acceptsHealthJson(reply.request.headers.accept)
  reply
    .code(statusCode)
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')
    .header('vary', 'accept')
    .type(healthJson ? healthJsonType : jsonType)
    .send(JSON.stringify(healthJson ? healthJsonBody : body))
}

/** Sends the readiness of the service or a group: its status, the reason and whether each check passes. */
export function sendReadiness(
  reply: FastifyReply,
  { status, reason: gateReason, states }: ReadinessResult,
  { expose, degradedStatus, notReadyStatus }: ProbeOptions
): void {
  const statusCode = status === 'ready' ? 200 : status === 'degraded' ? degradedStatus : notReadyStatus
  const reason = gateReason && { reason: gateReason }
  const checks = expose && { checks: mapStates(states, isPassing) }
  const healthJsonChecks = expose && {
    checks: mapStates(states, (state) => [{ status: healthJsonState[state] }])
  }
  sendProbeResponse(
    reply,
    statusCode,
    { status, ...reason, ...checks },
    { status: healthJsonStatus[status], ...reason, ...healthJsonChecks }
  )
}

const isPassing = (state: CheckState): boolean => state === 'pass' || state === 'degraded'

const mapStates = <T>(states: ReadinessResult['states'], map: (state: CheckState) => T): Record<string, T> =>
  Object.fromEntries([...states].map(([name, state]) => [name, map(state)]))
