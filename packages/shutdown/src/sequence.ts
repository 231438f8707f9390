import type { LifecycleState } from '@seaworthy/contract'
import type { FastifyInstance } from 'fastify'
import { closeConnections } from './closing/close-connections.ts'
import { serversOf, type Connections } from './connections/connections.ts'
import { Drain, idleWindow } from './drain/drain.ts'
import { delayed } from './drain/drain-mode.ts'
import type { InFlight } from './connections/in-flight.ts'
import type { ResolvedOptions } from './options.ts'
import type { Resources } from './closing/resources.ts'
import { Streams } from './closing/streams.ts'
import { within } from './within.ts'

/** What ends with the service. */
export interface SequenceParts {
  fastify: FastifyInstance
  options: ResolvedOptions
  connections: Connections
  inFlight: InFlight
  resources: Resources
  flushes: Resources
}

/** The way down: draining, closing, closed. Each step happens once, whoever asks first. */
export class Sequence {
  readonly #parts: SequenceParts
  readonly #drainListeners: ((reason: string) => void)[] = []
  #state: LifecycleState = 'running'
  #drain: Drain | undefined
  #released: Promise<boolean> | undefined
  /** Whether the connections' end is ours, or `app.close()` was called by somebody else. */
  #driving = false

  constructor(parts: SequenceParts) {
    this.#parts = parts
  }

  get state(): LifecycleState {
    return this.#state
  }

  onDrain(fn: (reason: string) => void): void {
    this.#drainListeners.push(fn)
  }

  /** Milliseconds that the whole way may take. */
  get budget(): number {
    const { options, resources, flushes } = this.#parts
    const { drainDelay, timeout, flushTimeout } = options
    return (
      drainDelay.max + timeout + this.#closeBudget + resources.asked + Math.max(flushTimeout, flushes.longest)
    )
  }

  get #closeBudget(): number {
    return this.#parts.options.closeTimeout
  }

  /** Tells everybody, and makes answers say when they are a connection's last. */
  #start(reason: string): Drain {
    const { fastify, inFlight, connections } = this.#parts
    if (this.#drain) return this.#drain
    this.#state = 'draining'
    for (const server of serversOf(fastify)) connections.watch(server)
    this.#drain = new Drain(inFlight, connections)
    for (const listener of this.#drainListeners.splice(0)) {
      try {
        listener(reason)
      } catch (error) {
        fastify.log.error({ err: error }, 'shutdown: an onDrain listener failed')
      }
    }
    return this.#drain
  }

  /** The whole way. `fatal` is how long requests have, in milliseconds, when nobody has to be told any more. */
  async run(reason: string, fatal?: number): Promise<boolean> {
    const { fastify, options, connections } = this.#parts
    const log = fastify.log
    this.#driving = true
    log.info({ reason, budget: this.budget }, 'shutdown: draining')
    const drain = this.#start(reason)
    const { min, max } = options.drainDelay
    if (fatal === undefined && max > 0) await drain.untilMoved(min, max)

    this.#state = 'closing'
    connections.stopListening()
    const noHurry = fatal === undefined && (max > 0 || delayed() !== 'none')
    let clean = await this.#connectionsEnd(drain, fatal ?? options.timeout, noHurry ? idleWindow : 0)

    const closeStart = performance.now()
    try {
      await within(options.closeTimeout, () => fastify.close())
    } catch (error) {
      log.error({ err: error }, 'shutdown: app.close() failed')
      clean = false
    }
    return (await this.release(options.closeTimeout - (performance.now() - closeStart))) && clean
  }

  async #connectionsEnd(drain: Drain, timeout: number, window: number): Promise<boolean> {
    const { fastify, options, connections, inFlight } = this.#parts
    const streams = new Streams(fastify, inFlight, connections)
    const { log } = fastify
    const streamGrace = Math.min(options.streamGrace, timeout)
    return closeConnections({ log, connections, inFlight, drain, streams }, { timeout, streamGrace, window })
  }

  /** Somebody called `app.close()`: Fastify has stopped routing, but would wait for idle connections for long. */
  async closedByOthers(limit: number): Promise<void> {
    if (this.#driving || this.#state !== 'running') return
    const drain = this.#start('close')
    this.#state = 'closing'
    this.#parts.connections.stopListening()
    await this.#connectionsEnd(drain, Math.min(this.#parts.options.timeout, limit), 0)
  }

  /** Closes the resources, then sends out telemetry and logs. */
  release(limit = this.#closeBudget): Promise<boolean> {
    this.#released ??= this.#release(limit)
    return this.#released
  }

  async #release(limit: number): Promise<boolean> {
    const { options, resources, flushes } = this.#parts
    const closed = await resources.closeInReverse(options.resourceTimeout, limit)
    const flushed = await flushes.closeTogether(options.flushTimeout)
    this.#state = 'closed'
    return closed && flushed
  }
}
