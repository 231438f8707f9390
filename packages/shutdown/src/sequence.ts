import type { LifecycleState } from '@seaworthy/contract'
import { callListener, pause, withTimeout } from '@seaworthy/internal'
import { closeConnections, type ClosingLimits } from './closing/close-connections.ts'
import { isClosed } from './closing/is-closed.ts'
import { Streams } from './closing/streams.ts'
import { drainMode } from './drain/drain-mode.ts'
import { Drain, idleWindowMs, tickIntervalMs } from './drain/drain.ts'
import { keepsServer } from './keeps-server.ts'
import { serversOf } from './internals.ts'
import { defaults } from './options.ts'
import type { SequenceParts } from './sequence-parts.ts'

/** The work that the shutdown waits for. */
export interface Traffic {
  /** After a fatal error: milliseconds for requests in flight, without a drain delay. */
  fatalTimeout: number | undefined
  /** Whether code of the app started it, not a signal. */
  isCalledByApp: boolean
  /** Whether the app has listened. */
  isServing: boolean
  /** Whether other listeners of the signals may end the process once `app.close()` has resolved. */
  hasRivals: boolean
}

/** Milliseconds that an app has to close whose start is still under way: it serves nothing. */
const closeAtStartMs = 500
/** Milliseconds that requests have when the app restarts: one of them may await the restart. */
const restartWaitMs = 1000

const order: readonly LifecycleState[] = ['running', 'draining', 'closing', 'closed']

/** The phases of a shutdown: draining, closing, closed. Each runs once, however many callers start it. */
export class ShutdownSequence {
  readonly #parts: SequenceParts
  readonly #drainListeners: ((reason: string) => void)[] = []
  #state: LifecycleState = 'running'
  #drain: Drain | undefined
  #released: Promise<boolean> | undefined
  /** Whether `run` was called. Otherwise the app itself called `app.close()`. */
  #isRunning = false
  #isReady = false
  /** Whether `run` itself closes the app. */
  #isClosingApp = false
  /** Whether other code has called `app.close()` first, or may call it: what it awaits includes the resources. */
  #isClosedByOther = false
  /** Why draining started. `undefined`: it has not. */
  #reason: string | undefined
  /** Resolves when `run` has closed all connections. */
  readonly #connectionsClosed = Promise.withResolvers<void>()
  readonly #aboutToCut = Promise.withResolvers<void>()

  constructor(parts: SequenceParts) {
    this.#parts = parts
  }

  get state(): LifecycleState {
    return this.#state
  }

  /** Whether requests are in flight. */
  get hasRequests(): boolean {
    const { inFlight, connections } = this.#parts
    return inFlight.count((socket) => connections.upgraded.has(socket)) > 0
  }

  /** Resolves shortly before requests are cut. */
  get aboutToCut(): Promise<void> {
    return this.#aboutToCut.promise
  }

  /** The states go forwards only: the app may have been closed before the shutdown starts. */
  #enter(state: LifecycleState): void {
    if (order.indexOf(state) > order.indexOf(this.#state)) this.#state = state
  }

  /** Calls the listener when draining starts, or at once where it has started. */
  onDrain(listener: (reason: string) => void): void {
    if (this.#reason === undefined) this.#drainListeners.push(listener)
    else this.#notify(listener, this.#reason)
  }

  /** All plugins have loaded. */
  onReady(): void {
    this.#isReady = true
  }

  /** Milliseconds that all phases may take together. */
  get budget(): number {
    const { options, resources, flushes, background } = this.#parts
    const { drainDelay, timeout, closeTimeout, flushTimeout } = options
    const serving = Math.max(drainDelay.max + timeout, background.consumers.longestTimeout)
    const flush = Math.max(flushTimeout, flushes.longestTimeout)
    return serving + closeTimeout + resources.totalTimeout + flush
  }

  /** Runs all phases. Resolves with whether everything ended by itself. */
  async run(
    reason: string,
    { fatalTimeout, isCalledByApp, isServing, hasRivals }: Traffic
  ): Promise<boolean> {
    const { fastify, options, connections, background } = this.#parts
    this.#isRunning = true
    this.#isClosedByOther ||= hasRivals
    fastify.log.info({ reason, budget: this.budget }, 'shutdown: draining')
    const drain = this.#startDraining(reason)
    const { min, max } = options.drainDelay
    const start = performance.now()
    const isFatal = fatalTimeout !== undefined
    background.stopConsumers(fatalTimeout ?? max + options.timeout)
    if (isServing && !isFatal && max > 0) await drain.waitUntilTrafficMoved(min, max)
    else drain.closeAll()
    await connections.stopListening()
    this.#enter('closing')
    // Not earlier where traffic has not moved: a balancer that asks for no readiness would connect again here, and what
    // connects while the listener closes is reset. Now its new connections are refused, and those that it keeps serve.
    drain.closeAll()
    const unusedDelay = Math.max(max - (performance.now() - start), 0)
    const timeout = fatalTimeout ?? Math.min(options.timeout + unusedDelay, options.longestTimeout)
    // A short timeout is for the requests in flight, not for connections that may get one more.
    const idleWindow = max > 0 || drainMode() !== 'none' ? Math.min(idleWindowMs, timeout / 4) : 0
    const isCut = !(await this.#finishWork(drain, { timeout, idleWindow, isCalledByApp }))
    if (isCut) this.#failExit()
    this.#connectionsClosed.resolve()

    const closeStart = performance.now()
    const isAppClosed = await this.#closeApp()
    const isReleased = await this.release(options.closeTimeout - (performance.now() - closeStart))
    return isReleased && isAppClosed && !isCut
  }

  /**
   * The app called `app.close()`: Fastify goes on routing, but would wait long for idle connections. Another listener of
   * the signal may have called it while the drain is under way: then the listeners close when the drain ends.
   */
  async handleExternalClose(limit: number): Promise<void> {
    if (!this.#isClosingApp) this.#isClosedByOther = true
    if (this.#isRunning) {
      await withTimeout(limit, () => this.#connectionsClosed.promise).catch(() => undefined)
      return
    }
    if (this.#state !== 'running') return
    const timeout = Math.min(this.#parts.options.longestTimeout, limit)
    if (keepsServer(this.#parts.fastify)) return this.#leaveServer(timeout)
    const drain = this.#startDraining('close')
    this.#parts.background.stopConsumers(timeout)
    await this.#parts.connections.stopListening()
    this.#enter('closing')
    await this.#finishWork(drain, { timeout, idleWindow: 0, isCalledByApp: true })
  }

  /** Waits for the work of this app. Connections and listeners go on with the next one, so no drain is announced. */
  async #leaveServer(timeout: number): Promise<void> {
    this.#parts.background.stopConsumers(timeout)
    const start = performance.now()
    const limit = Math.min(timeout, restartWaitMs)
    // oxlint-disable-next-line no-await-in-loop -- it watches
    while (this.hasRequests && performance.now() - start < limit) await pause(tickIntervalMs)
    await this.#parts.background.finish(timeout - (performance.now() - start))
    this.#parts.connections.unwatch()
  }

  /**
   * The app has closed. Where other code awaits that, the resources close first; else `run` closes them afterwards, and
   * one of them may await `app.close()` too.
   */
  async onClose(): Promise<void> {
    if (!this.#isRunning || this.#isClosedByOther) await this.release()
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
    this.#enter('draining')
    for (const server of serversOf(fastify)) connections.watch(server)
    this.#drain = new Drain(inFlight, connections)
    this.#reason = reason
    for (const listener of this.#drainListeners.splice(0)) this.#notify(listener, reason)
    return this.#drain
  }

  #notify(listener: (reason: string) => void, reason: string): void {
    const onError = (error: unknown) =>
      this.#parts.fastify.log.error(
        { err: error },
        'shutdown: an onDrain listener failed; the shutdown continues; correct the listener'
      )
    callListener(() => listener(reason), onError)
  }

  /** Waits for the requests in flight, then for consumers and background work. Returns whether nothing was cut. */
  async #finishWork(drain: Drain, limits: Omit<ClosingLimits, 'streamGrace'>): Promise<boolean> {
    const { fastify, options, connections, inFlight, background } = this.#parts
    const streams = new Streams(fastify, inFlight, connections)
    const { log } = fastify
    const start = performance.now()
    const isAnswered = await closeConnections(
      { log, connections, inFlight, drain, streams, onAboutToCut: () => this.#aboutToCut.resolve() },
      { ...limits, streamGrace: Math.min(options.streamGrace, limits.timeout) }
    )
    const isDone = await background.finish(limits.timeout - (performance.now() - start))
    return isAnswered && isDone
  }

  async #closeApp(): Promise<boolean> {
    const { fastify, options } = this.#parts
    this.#isClosingApp = true
    if (!this.#isReady) {
      // Fastify closes once all plugins have loaded, which may take long: one of them may wait for a database.
      const limit = Math.min(closeAtStartMs, options.closeTimeout)
      await withTimeout(limit, () => fastify.close()).catch(() => undefined)
      return true
    }
    try {
      await withTimeout(options.closeTimeout, () => fastify.close())
      return true
    } catch (error) {
      if (isClosed(error)) return true
      fastify.log.error(
        { err: error },
        'shutdown: app.close() failed; closing the resources, with exit code 1'
      )
      return false
    }
  }

  async #release(limit: number): Promise<boolean> {
    const { options, resources, flushes } = this.#parts
    const isEachClosed = await resources.closeInReverse(options.resourceTimeout, limit)
    const isFlushed = await flushes.closeTogether(options.flushTimeout)
    this.#enter('closed')
    const isClean = isEachClosed && isFlushed
    if (!isClean) this.#failExit()
    return isClean
  }

  /** Another listener of the signal may end the process before this shutdown does, with a code that knows nothing of it. */
  #failExit(): void {
    if (!this.#isRunning || this.#parts.options.exit !== defaults.exit) return
    process.once('exit', () => {
      process.exitCode ||= 1
    })
  }
}
