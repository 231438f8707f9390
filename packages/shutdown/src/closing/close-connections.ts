import type { Socket } from 'node:net'
import { pause } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import type { Connections } from '../connections/connections.ts'
import type { InFlight } from '../connections/in-flight.ts'
import { tickIntervalMs, type Drain } from '../drain/drain.ts'
import type { Streams } from './streams.ts'

/** The objects that the closing phase works on. */
export interface ClosingParts {
  log: FastifyBaseLogger
  connections: Connections
  inFlight: InFlight
  drain: Drain
  streams: Streams
}

/** The limits of the closing phase, in milliseconds. */
export interface ClosingLimits {
  timeout: number
  streamGrace: number
  /** How long an idle connection is kept, so that its next response can announce that it ends. */
  idleWindow: number
}

/** How many requests one log line names. */
const maxLoggedRequests = 100

/**
 * Runs after the service has stopped listening: closes idle connections, waits for responses, cuts the rest at the
 * deadline.
 *
 * @returns Whether nothing was cut.
 */
export async function closeConnections(parts: ClosingParts, limits: ClosingLimits): Promise<boolean> {
  const { connections, inFlight, drain, streams } = parts
  const start = performance.now()
  drain.closeAll()

  for (;;) {
    const passed = performance.now() - start
    drain.tick()
    if (passed >= limits.streamGrace) streams.end()
    drain.closeSessions()
    destroyIdle(parts, limits.idleWindow)
    const isUpgraded = (socket: Socket) => connections.upgraded.has(socket)
    const open = inFlight.count(isUpgraded) + connections.upgraded.size + connections.sockets.size
    if (open === 0 || passed >= limits.timeout) break
    // oxlint-disable-next-line no-await-in-loop -- it watches
    await pause(tickIntervalMs)
  }
  return cutRemaining(parts, limits.timeout)
}

/** Destroys connections without a request in flight, half-sent request heads included. */
function destroyIdle({ connections, drain }: ClosingParts, idleWindow: number): void {
  for (const socket of connections.sockets) if (drain.isIdleFor(socket, idleWindow)) socket.destroy()
}

function cutRemaining({ connections, inFlight, log }: ClosingParts, timeout: number): boolean {
  const pending = inFlight.describe((socket) => connections.upgraded.has(socket))
  const upgraded = connections.upgraded.size
  const isClean = pending.length + upgraded === 0
  if (!isClean) {
    const requests = pending.slice(0, maxLoggedRequests)
    log.warn(
      { requests, count: pending.length, upgraded },
      `shutdown: ${pending.length} requests and ${upgraded} upgraded connections were cut after ${timeout} ms; ` +
        'raise "timeout" if they need longer'
    )
  }
  inFlight.destroyAll()
  connections.destroyAll()
  return isClean
}
