import { countOf, pause } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import type { Connections } from '../connections/connections.ts'
import type { InFlight } from '../connections/in-flight.ts'
import { tickIntervalMs, type Drain } from '../drain/drain.ts'
import { unfinishedResponse } from '../internals.ts'
import type { Streams } from './streams.ts'

/** The objects that the closing phase works on. */
export interface ClosingParts {
  log: FastifyBaseLogger
  connections: Connections
  inFlight: InFlight
  drain: Drain
  streams: Streams
  /** Called shortly before requests are cut, so that a handler which awaits the shutdown can answer. */
  onAboutToCut: () => void
}

/** The limits of the closing phase, in milliseconds. */
export interface ClosingLimits {
  timeout: number
  streamGrace: number
  /** How long an idle connection is kept, so that its next response can announce that it ends. */
  idleWindow: number
  /** Whether code of the app started the shutdown: a handler that awaits it waits for itself. */
  isCalledByApp: boolean
}

/** How many requests one log line names. */
const maxLoggedRequests = 100
/** Milliseconds after which requests that are still in flight may be those that await the shutdown. */
const awaitsItselfMs = 1000
/** Milliseconds that a handler which awaits the shutdown has to answer, a quarter of the time at most. */
const lastAnswerMs = 1000

/**
 * Runs after the service has stopped listening: closes idle connections, waits for responses, cuts the rest at the
 * deadline.
 *
 * @returns Whether nothing was cut.
 */
export async function closeConnections(parts: ClosingParts, limits: ClosingLimits): Promise<boolean> {
  const { connections, drain, streams } = parts
  const start = performance.now()
  let mayAwaitItself = limits.isCalledByApp
  drain.closeAll()

  for (;;) {
    const elapsed = performance.now() - start
    drain.tick()
    if (elapsed >= limits.streamGrace) streams.end()
    drain.closeSessions(limits.idleWindow)
    destroyIdle(parts, limits.idleWindow)
    if (isEmpty(parts) || elapsed >= limits.timeout) break
    if (elapsed >= limits.timeout - Math.min(lastAnswerMs, limits.timeout / 4)) parts.onAboutToCut()
    if (mayAwaitItself && elapsed >= Math.min(awaitsItselfMs, limits.timeout / 2)) {
      mayAwaitItself = false
      warnAwaitsItself(parts)
    }
    // oxlint-disable-next-line no-await-in-loop -- it watches
    await pause(tickIntervalMs)
  }
  const isClean = logRemaining(parts, limits.timeout)
  parts.inFlight.destroyAll()
  connections.destroyAll()
  return isClean
}

/** Sessions count too: one that has got GOAWAY closes after its last stream, also one that no hook has seen. */
function isEmpty({ connections, inFlight }: ClosingParts): boolean {
  const { sockets, upgraded, sessions } = connections
  return inFlight.count((socket) => upgraded.has(socket)) + upgraded.size + sockets.size + sessions.size === 0
}

/** Destroys connections without a request in flight, half-sent request heads included. */
function destroyIdle({ connections, drain }: ClosingParts, idleWindow: number): void {
  for (const socket of connections.sockets) if (drain.isIdleFor(socket, idleWindow)) socket.destroy()
}

function warnAwaitsItself({ connections, inFlight, log }: ClosingParts): void {
  const requests = inFlight.describe((socket) => connections.upgraded.has(socket))
  if (requests.length === 0) return
  const waiting = countOf(requests.length, 'request')
  log.warn(
    { requests: requests.slice(0, maxLoggedRequests), count: requests.length },
    `shutdown: waiting for ${waiting}; ` +
      'one that awaits app.shutdown.begin() or app.close() waits for itself; call them there without await'
  )
}

/** Requests that none of our hooks has seen: held by an earlier hook, or answered beside Fastify. Without the query. */
function unseenRequests({ connections, inFlight }: ClosingParts): { method: string; url: string }[] {
  return [...connections.sockets]
    .filter((socket) => !inFlight.isBusy(socket))
    .map((socket) => unfinishedResponse(socket)?.req)
    .filter((request) => request !== undefined)
    .map(({ method = '', url = '' }) => ({ method, url: url.replace(/[?#].*/s, '') }))
}

/** HTTP/2 sessions that were asked to close, and whose streams no hook has seen. */
function unseenSessions({ connections, inFlight }: ClosingParts): number {
  const seen = inFlight.sessions()
  return [...connections.sessions].filter((session) => session.closed && !seen.has(session)).length
}

/** @returns Whether nothing is left. */
function logRemaining(parts: ClosingParts, timeout: number): boolean {
  const { connections, inFlight, log } = parts
  const pending = [
    ...inFlight.describe((socket) => connections.upgraded.has(socket)),
    ...unseenRequests(parts)
  ]
  const upgraded = connections.upgraded.size
  const sessions = unseenSessions(parts)
  if (pending.length + upgraded + sessions === 0) return true
  const requests = pending.slice(0, maxLoggedRequests)
  const cut = `${countOf(pending.length, 'request')}, ${countOf(upgraded, 'upgraded connection')} and ${countOf(sessions, 'more HTTP/2 session')}`
  log.warn(
    { requests, count: pending.length, upgraded, sessions },
    `shutdown: ${cut} were cut after ${Math.round(timeout)} ms; raise "timeout" if they need longer`
  )
  return false
}
