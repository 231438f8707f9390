import type { LifecycleState } from '@seaworthy/contract'
import { withTimeout } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { closeConnections } from './closing/close-connections.ts'
import type { Resources } from './closing/resources.ts'
import { Streams } from './closing/streams.ts'
import type { Connections } from './connections/connections.ts'
import type { InFlight } from './connections/in-flight.ts'
import { drainMode } from './drain/drain-mode.ts'
import { Drain, idleWindowMs } from './drain/drain.ts'
import { serversOf } from './internals.ts'
import type { ResolvedOptions } from './resolve-options.ts'

/** The objects that the shutdown works on. */
export interface SequenceParts {
  fastify: FastifyInstance
  options: ResolvedOptions
  connections: Connections
  inFlight: InFlight
  resources: Resources
  flushes: Resources
}

/** The phases of a shutdown: draining, closing, closed. Each runs once, however many callers start it. */
export class ShutdownSequence {
  readonly #parts: SequenceParts
  readonly #drainListeners: ((reason: string) => void)[] = []
  #state: LifecycleState = 'running'
  #drain: Drain | undefined
  #released: Promise<boolean> | undefined
  /** Whether `run` was called. Otherwise the app itself called `app.close()`. */
  #isRunning = false

  constructor(parts: SequenceParts) {
    this.#parts = parts
  }

  get state(): LifecycleState {
    return this.#state
  }

  onDrain(listener: (reason: string) => void): void {
    this.#drainListeners.push(listener)
  }

  /** Milliseconds that all phases may take together. */
  get budget(): number {
    const { options, resources, flushes } = this.#parts
    const { drainDelay, timeout, closeTimeout, flushTimeout } = options
    const flush = Math.max(flushTimeout, flushes.longestTimeout)
    return drainDelay.max + timeout + closeTimeout + resources.totalTimeout + flush
  }

  /**
   * Runs all phases.
   *
   * @param fatalTimeout - After a fatal error: milliseconds for requests in flight, without a drain delay.
   * @returns Whether everything ended by itself.
   */
  async run(reason: string, fatalTimeout?: number): Promise<boolean> {
    const { fastify, options, connections } = this.#parts
    this.#isRunning = true
    fastify.log.info({ reason, budget: this.budget }, 'shutdown: draining')
    const drain = this.#startDraining(reason)
    const { min, max } = options.drainDelay
    const isFatal = fatalTimeout !== undefined
    if (!isFatal && max > 0) await drain.waitUntilTrafficMoved(min, max)

    this.#state = 'closing'
    connections.stopListening()
    const keepsIdle = !isFatal && (max > 0 || drainMode() !== 'none')
    const timeout = fatalTimeout ?? options.timeout
    const isCut = !(await this.#closeConnections(drain, timeout, keepsIdle ? idleWindowMs : 0))

    const closeStart = performance.now()
    const isClosed = await this.#closeApp()
    const isReleased = await this.release(options.closeTimeout - (performance.now() - closeStart))
    return isReleased && isClosed && !isCut
  }

  /** The app called `app.close()`: Fastify has stopped routing, but would wait long for idle connections. */
  async handleExternalClose(limit: number): Promise<void> {
    if (this.#isRunning || this.#state !== 'running') return
    const drain = this.#startDraining('close')
    this.#state = 'closing'
    this.#parts.connections.stopListening()
    await this.#closeConnections(drain, Math.min(this.#parts.options.timeout, limit), 0)
  }

  /** Closes the resources within `limit` milliseconds, then flushes telemetry. */
  release(limit: number = this.#parts.options.closeTimeout): Promise<boolean> {
    this.#released ??= this.#release(limit)
    return this.#released
  }

  /** Calls the listeners. From here on responses announce when they are a connection's last. */
  #startDraining(reason: string): Drain {
    const { fastify, inFlight, connections } = this.#parts
    if (this.#drain) return this.#drain
    this.#state = 'draining'
    for (const server of serversOf(fastify)) connections.watch(server)
    this.#drain = new Drain(inFlight, connections)
    for (const listener of this.#drainListeners.splice(0)) {
      try {
        listener(reason)
      } catch (error) {
        fastify.log.error({ err: error }, 'shutdown: an onDrain listener failed; the shutdown continues')
      }
    }
    return this.#drain
  }

  async #closeConnections(drain: Drain, timeout: number, idleWindow: number): Promise<boolean> {
    const { fastify, options, connections, inFlight } = this.#parts
    const streams = new Streams(fastify, inFlight, connections)
    const { log } = fastify
    const streamGrace = Math.min(options.streamGrace, timeout)
    const limits = { timeout, streamGrace, idleWindow }
    return closeConnections({ log, connections, inFlight, drain, streams }, limits)
  }

  async #closeApp(): Promise<boolean> {
    const { fastify, options } = this.#parts
    try {
      await withTimeout(options.closeTimeout, () => fastify.close())
      return true
    } catch (error) {
      fastify.log.error(
        { err: error },
        'shutdown: app.close() failed; closing the resources, with exit code 1'
      )
      return false
    }
  }

  async #release(limit: number): Promise<boolean> {
    const { options, resources, flushes } = this.#parts
    const isClosed = await resources.closeInReverse(options.resourceTimeout, limit)
    const isFlushed = await flushes.closeTogether(options.flushTimeout)
    this.#state = 'closed'
    return isClosed && isFlushed
  }
}
