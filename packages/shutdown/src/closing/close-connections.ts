import type { FastifyBaseLogger } from 'fastify'
import type { Connections } from '../connections/connections.ts'
import { tick, type Drain } from '../drain/drain.ts'
import type { InFlight } from '../connections/in-flight.ts'
import type { Streams } from './streams.ts'
import { pause } from '../within.ts'

/** What the last phase works on. */
export interface ClosingParts {
  log: FastifyBaseLogger
  connections: Connections
  inFlight: InFlight
  drain: Drain
  streams: Streams
}

/** Its limits, in milliseconds. */
export interface ClosingLimits {
  timeout: number
  streamGrace: number
  /** How long an idle connection is kept, to be told with its next answer that it ends. */
  window: number
}

/** How many requests a log line names at most. */
const named = 100

/** After the service stopped listening: reaps idle connections, waits for answers, cuts at the deadline. */
export async function closeConnections(parts: ClosingParts, limits: ClosingLimits): Promise<boolean> {
  const { connections, inFlight, drain, streams, log } = parts
  const start = performance.now()
  const isUpgraded = (socket: Parameters<Drain['silent']>[0]) => connections.upgraded.has(socket)
  drain.closeAll()

  for (;;) {
    const passed = performance.now() - start
    drain.look()
    if (passed >= limits.streamGrace) streams.end()
    drain.closeSessions()
    reap(parts, limits.window)
    if (inFlight.waiting(isUpgraded) + connections.upgraded.size === 0 && connections.sockets.size === 0)
      break
    if (passed >= limits.timeout) break
    // oxlint-disable-next-line no-await-in-loop -- it watches
    await pause(tick)
  }

  const left = inFlight.named(isUpgraded)
  const sockets = connections.upgraded.size
  if (left.length + sockets > 0) {
    const requests = left.slice(0, named)
    log.warn(
      { requests, count: left.length, upgraded: sockets },
      `shutdown: ${left.length} requests and ${sockets} upgraded connections were cut after ${limits.timeout} ms`
    )
  }
  inFlight.cut()
  connections.destroyAll()
  return left.length + sockets === 0
}

/** Ends connections on which nobody waits for an answer, half-sent heads included. */
function reap({ connections, drain }: ClosingParts, window: number): void {
  for (const socket of connections.sockets) if (drain.silent(socket, window)) socket.destroy()
}
