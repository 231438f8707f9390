import type { FastifyReply } from 'fastify'
import type { CheckState } from './check.ts'
import type { HealthOptions } from './options.ts'
import type { Verdict } from './verdict.ts'

/** What the public answers depend on. */
export type AnswerOptions = Pick<Required<HealthOptions>, 'expose' | 'degradedStatus' | 'notReadyStatus'>

const plain = 'application/json; charset=utf-8'
const standard = 'application/health+json; charset=utf-8'

const words = { ready: 'pass', degraded: 'warn', 'not ready': 'fail' } as const
const checkWords: Record<CheckState, string> = {
  pass: 'pass',
  degraded: 'warn',
  fail: 'fail',
  pending: 'fail'
}

const wantsStandard = (accept: string | undefined): boolean =>
  accept !== undefined && /application\/health\+json(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accept)

/**
 * Sends a probe's answer in the form that the request asks for. Never cached, on the way or by the prober, nor taken
 * for anything else: no hook that guards the app's answers runs for it.
 */
export function send(reply: FastifyReply, statusCode: number, body: object, other: object): void {
  const health = wantsStandard(reply.request.headers.accept)
  reply
    .code(statusCode)
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')
    .header('vary', 'accept')
    .type(health ? standard : plain)
    .send(JSON.stringify(health ? other : body))
}

const passes = (state: CheckState): boolean => state === 'pass' || state === 'degraded'

/** Sends what readiness, or a group, has come to: names and booleans, nothing else. */
export function sendVerdict(
  reply: FastifyReply,
  { status, reason, states }: Verdict,
  { expose, degradedStatus, notReadyStatus }: AnswerOptions
): void {
  const because = reason && { reason }
  const checks = expose && { checks: booleans(states) }
  const other = expose && {
    checks: Object.fromEntries([...states].map(([name, state]) => [name, [{ status: checkWords[state] }]]))
  }
  const statusCode = status === 'ready' ? 200 : status === 'degraded' ? degradedStatus : notReadyStatus
  send(reply, statusCode, { status, ...because, ...checks }, { status: words[status], ...because, ...other })
}

const booleans = (states: Verdict['states']): Record<string, boolean> =>
  Object.fromEntries([...states].map(([name, state]) => [name, passes(state)]))
