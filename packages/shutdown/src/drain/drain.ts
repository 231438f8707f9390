import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { isOperational } from '@seaworthy/contract'
import type { FastifyRequest } from 'fastify'
import type { Connections } from '../connections/connections.ts'
import { Goodbyes } from '../connections/goaway.ts'
import type { InFlight } from '../connections/in-flight.ts'
import { pause } from '../within.ts'

/** Milliseconds without a new connection after which traffic is taken to have moved. */
const quiet = 700
/** Milliseconds that a connection has to send one more request, whose answer says that the connection ends. */
export const idleWindow = 500
/** Milliseconds between two looks. */
export const tick = 25
/** In this time, in milliseconds, one connection in twenty is closed to see where its client goes next. */
const canaryPeriod = 100

/** Goes on serving until traffic has moved elsewhere. Says which answers end their connection. */
export class Drain {
  readonly #inFlight: InFlight
  readonly #connections: Connections
  readonly #known: WeakSet<object>
  readonly #goodbyes = new Goodbyes()
  /** Milliseconds in which this process could see what its clients do: a stalled one must not take that for silence. */
  #clock = 0
  #looked = performance.now()
  #lastNew = 0
  #canaries = 0
  #closeAll = false
  /** When each connection had nothing left to answer. */
  readonly #idleSince = new WeakMap<Socket, number>()
  #closeAllSince = Infinity

  constructor(inFlight: InFlight, connections: Connections) {
    this.#inFlight = inFlight
    this.#connections = connections
    this.#known = new WeakSet<object>([...connections.sockets, ...connections.sessions])
    inFlight.watch(() => this.#mayClose())
    inFlight.onArrival = (request) => this.#arrived(request)
    inFlight.onIdle = (socket) => this.#idleSince.set(socket, this.#clock)
  }

  /** To be called every `tick`: what has come in since is read between two looks. */
  look(): void {
    const now = performance.now()
    this.#clock += Math.min(now - this.#looked, tick * 2)
    this.#looked = now
  }

  /** From `min` on, and until `max` at most (milliseconds), watches whether clients still come here. */
  async untilMoved(min: number, max: number): Promise<void> {
    const start = performance.now()
    const passed = () => performance.now() - start
    let refill = 0
    while (passed() < max) {
      this.look()
      if (passed() >= refill) {
        this.#canaries = Math.ceil(this.#connections.sockets.size / 20)
        this.#closeSomeSessions()
        refill += canaryPeriod
      }
      const silent = this.#clock - this.#lastNew >= Math.min(quiet, min)
      if (silent && passed() >= min) this.closeAll()
      if (!silent) this.#closeAll = false
      if (this.#closeAll && (this.#told() || this.#connections.empty)) return
      // oxlint-disable-next-line no-await-in-loop -- it watches
      await pause(tick)
    }
  }

  /** Every last answer ends its connection from now on. */
  closeAll(): void {
    if (this.#closeAll) return
    this.#closeAll = true
    this.#closeAllSince = this.#clock
    this.closeSessions()
  }

  /** HTTP/2 clients are told, and what has been told is closed. */
  closeSessions(): void {
    for (const session of this.#connections.sessions) this.#goodbyes.say(session)
  }

  /** Whether every connection has had the time to be told. */
  #told(): boolean {
    return this.#clock - this.#closeAllSince >= idleWindow
  }

  /** Whether the connection has been silent for `window` milliseconds, since it could be told. */
  silent(socket: Socket, window: number): boolean {
    const since = Math.max(this.#idleSince.get(socket) ?? 0, this.#closeAllSince)
    return this.#clock - since >= window && !this.#inFlight.busy(socket) && !unseen(socket)
  }

  #mayClose(): boolean {
    return this.#closeAll || this.#canaries-- > 0
  }

  #closeSomeSessions(): void {
    let left = Math.ceil(this.#connections.sessions.size / 20)
    for (const session of this.#connections.sessions) {
      if (left <= 0) return
      if (this.#goodbyes.say(session)) left--
    }
  }

  /** A connection counts with its first request that is no probe: a port check or a preconnect says nothing. */
  #arrived(request: FastifyRequest): void {
    if (isOperational(request)) return
    const raw = request.raw as FastifyRequest['raw'] & { stream?: { session?: ServerHttp2Session } }
    const session = raw.stream?.session
    const connection = session ?? raw.socket
    if (!this.#known.has(connection)) {
      this.#known.add(connection)
      this.#lastNew = this.#clock
    }
    if (session && this.#closeAll) this.#goodbyes.say(session)
  }
}

/** Node's own mark of an answer under way, for a request that another plugin's hook holds before ours. */
const unseen = (socket: Socket & { _httpMessage?: object | null }): boolean => Boolean(socket._httpMessage)
