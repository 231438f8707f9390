import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { isOperational } from '@seaworthy/contract'
import { pause } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import type { Connections } from '../connections/connections.ts'
import type { InFlight } from '../connections/in-flight.ts'
import { unfinishedResponse } from '../internals.ts'

/** Milliseconds without a new connection after which traffic counts as moved. */
const quietPeriodMs = 700
/** Milliseconds that an idle connection is kept, so that the response to one more request can announce its end. */
export const idleWindowMs = 500
/** Milliseconds between two calls of `tick`. */
export const tickIntervalMs = 25
/** Milliseconds between two canary rounds: one connection in twenty is closed to see where its client connects next. */
const canaryIntervalMs = 100

/** Serves until traffic has moved elsewhere, and decides which responses close their connection. */
export class Drain {
  readonly #inFlight: InFlight
  readonly #connections: Connections
  readonly #seenConnections: WeakSet<object>
  /** Milliseconds during which this process could read: a blocked event loop must not look like idle clients. */
  #clock = 0
  #lastTick = performance.now()
  #lastNewConnection = 0
  #canariesLeft = 0
  #sessionCanariesLeft = 0
  #closesAll = false
  /** When each connection's last response was finished, by `#clock`. */
  readonly #idleSince = new WeakMap<Socket, number>()
  /** When each HTTP/2 session was seen first without a request, by `#clock`; 0 for one that has had requests. */
  readonly #sessionIdleSince = new WeakMap<ServerHttp2Session, number>()
  #closesAllSince = Infinity

  constructor(inFlight: InFlight, connections: Connections) {
    this.#inFlight = inFlight
    this.#connections = connections
    this.#seenConnections = new WeakSet<object>([...connections.sockets, ...connections.sessions])
    inFlight.startClosing(() => this.#closesAll || this.#canariesLeft-- > 0)
    inFlight.onRequest = (request) => this.#onRequest(request)
    inFlight.onIdle = (socket) => this.#idleSince.set(socket, this.#clock)
  }

  /** Advances the clock. To be called every `tickIntervalMs`: the event loop reads sockets between two calls. */
  tick(): void {
    const now = performance.now()
    this.#clock += Math.min(now - this.#lastTick, tickIntervalMs * 2)
    this.#lastTick = now
  }

  /** Resolves when clients no longer open connections here: after `min` milliseconds at least and `max` at most. */
  async waitUntilTrafficMoved(min: number, max: number): Promise<void> {
    const start = performance.now()
    const elapsed = () => performance.now() - start
    let nextCanaries = 0
    while (elapsed() < max) {
      this.tick()
      // The last canaries have connected again before the listeners close.
      if (elapsed() >= nextCanaries && max - elapsed() > canaryIntervalMs) {
        this.#startCanaries()
        nextCanaries += canaryIntervalMs
      }
      const isQuiet = this.#clock - this.#lastNewConnection >= Math.min(quietPeriodMs, max)
      if (isQuiet && elapsed() >= min) this.closeAll()
      if (!isQuiet) this.#closesAll = false
      if (this.#closesAll && (this.#isIdleWindowOver() || this.#connections.isEmpty)) return
      // oxlint-disable-next-line no-await-in-loop -- it watches
      await pause(tickIntervalMs)
    }
    this.#canariesLeft = 0
    this.#sessionCanariesLeft = 0
  }

  /** From now on the last response on each connection closes it. */
  closeAll(): void {
    if (this.#closesAll) return
    this.#closesAll = true
    this.#closesAllSince = this.#clock
    for (const session of this.#inFlight.sessions()) close(session)
  }

  /** Closes HTTP/2 sessions `window` milliseconds after `closeAll`; a request meanwhile has closed its own. */
  closeSessions(window: number): void {
    for (const session of this.#connections.sessions) {
      // A client that has just connected takes GOAWAY for a rejection of the request that it is about to send.
      const isNew = session.state.lastProcStreamID === 0
      const since = this.#sessionIdleSince.get(session) ?? (isNew ? this.#clock : 0)
      this.#sessionIdleSince.set(session, since)
      const idle = this.#clock - Math.max(since, this.#closesAllSince)
      if (idle >= (isNew ? idleWindowMs : window)) close(session)
    }
  }

  /** Whether every connection has had the time to learn from a response that it ends. */
  #isIdleWindowOver(): boolean {
    return this.#clock - this.#closesAllSince >= idleWindowMs
  }

  /** Whether the connection has been idle for `window` milliseconds, counted from `closeAll` at the earliest. */
  isIdleFor(socket: Socket, window: number): boolean {
    const since = Math.max(this.#idleSince.get(socket) ?? 0, this.#closesAllSince)
    const isQuiet = this.#clock - since >= window
    return isQuiet && !this.#inFlight.isBusy(socket) && unfinishedResponse(socket) === undefined
  }

  /** The next responses close their connections, and the next requests their HTTP/2 sessions. */
  #startCanaries(): void {
    this.#canariesLeft = Math.ceil(this.#connections.sockets.size / 20)
    this.#sessionCanariesLeft = Math.ceil(this.#connections.sessions.size / 20)
  }

  /** A connection counts as new with its first request that is no probe: port checks and preconnects do not count. */
  #onRequest(request: FastifyRequest): void {
    if (isOperational(request)) return
    const raw = request.raw as FastifyRequest['raw'] & { stream?: { session?: ServerHttp2Session } }
    const session = raw.stream?.session
    const connection = session ?? raw.socket
    if (!this.#seenConnections.has(connection)) {
      this.#seenConnections.add(connection)
      this.#lastNewConnection = this.#clock
    }
    if (session === undefined || session.closed) return
    // The requests that came with this one are accepted first; responses start later still (`Connections.admit`).
    if (this.#closesAll || this.#sessionCanariesLeft-- > 0) setImmediate(close, session)
  }
}

/**
 * Sends GOAWAY with the number of the last stream, and closes the session after its open streams. While a request is
 * in flight it loses nothing: the client knows of the end before it has the response, and sends no more.
 *
 * There is no GOAWAY before it that accepts the streams on their way (RFC 9113, 6.8): after any that the app can send,
 * Node ignores new streams, and without an open one it reads nothing more, no answer to a ping either.
 */
function close(session: ServerHttp2Session): void {
  if (!session.closed && !session.destroyed) session.close()
}
