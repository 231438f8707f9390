import { constants } from 'node:os'
import { provided, reporterPort } from '@seaworthy/contract'
import { capDelay, withTimeout } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { warnMisconfiguration, warnRivals } from './misconfiguration.ts'
import { flushLog } from './process/flush-log.ts'
import { processLifecycle, type ManagedApp } from './process/process-lifecycle.ts'
import { isTestRunner } from './process/test-runner.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import type { ShutdownSequence } from './sequence.ts'
import { rivalListeners } from './supervisors/rival-listeners.ts'
import { connectSupervisors, type Supervisors } from './supervisors/supervisors.ts'

/** Milliseconds that the exit waits for the programs that notify supervisors to start, one after the other. */
const supervisorWaitMs = 1000
/** After the budget and a tenth of it, but this many milliseconds at most, the process exits, whatever hangs. */
const exitMarginMs = 1000
const exitMarginShare = 0.1

/** Starts one app's shutdown on a signal, a message, a call or a fatal error, and ends the process after it. */
export class AppShutdown implements ManagedApp {
  readonly signals: readonly NodeJS.Signals[]
  readonly #fastify: FastifyInstance
  readonly #options: ResolvedOptions
  readonly #sequence: ShutdownSequence
  readonly #supervisors: Supervisors
  readonly #process = processLifecycle()
  #exitCode: Promise<number> | undefined
  #hasFatalError = false
  #isListening = false
  /** Whether the app has listened. Before, there is no client to wait for. */
  #hasListened = false
  /** The listeners of signals that the log has named. */
  readonly #namedRivals = new Set<string>()

  constructor(fastify: FastifyInstance, options: ResolvedOptions, sequence: ShutdownSequence) {
    this.signals = options.signals
    this.#fastify = fastify
    this.#options = options
    this.#sequence = sequence
    this.#supervisors = connectSupervisors(options, fastify.log, () => void this.begin('shutdown message'))
    this.#process.add(this)
  }

  get isActive(): boolean {
    return this.#isListening || this.#exitCode !== undefined
  }

  onSignal(name: NodeJS.Signals): void {
    if (this.#hasListened) this.#warnRivals()
    void this.begin(name)
  }

  /** Before the app listens, a listener may be removed again; all are named then. */
  onRival(): void {
    if (this.#hasListened && this.#exitCode === undefined) this.#warnRivals()
  }

  onSecondSignal(name: NodeJS.Signals): void {
    // The exit is under way: NestJS sends itself the signal again once it has closed the app.
    if (this.#sequence.state !== 'closed') this.exit(128 + constants.signals[name])
  }

  onFatalError(error: unknown, origin: string): void {
    if (!this.#hasListened && isAbortedListen(error)) {
      this.#fastify.log.info({ err: error }, 'shutdown: the start was interrupted by a signal')
      return
    }
    this.#hasFatalError = true
    try {
      this.#fastify.log.fatal(
        { err: error, origin },
        `shutdown: ${origin}; answering the requests in flight, then exiting with code 1`
      )
      provided(this.#fastify, reporterPort)?.report(error, { source: origin })
    } catch {
      // The error has no text, or the app's logger fails. Thrown here, an error would end the process at once.
      process.emitWarning(
        `shutdown: ${origin}, which cannot be logged; answering the requests in flight, then exiting with code 1`
      )
    }
    void this.begin(origin, this.#options.fatal ?? 0)
  }

  exit(code: number): void {
    const { exit } = this.#options
    if (exit === false) return
    try {
      // Nothing keeps an app from passing an async function.
      const result: unknown = exit(code)
      if (result instanceof Promise) result.catch((error: unknown) => this.#exitFailed(error, code))
    } catch (error) {
      this.#exitFailed(error, code)
    }
  }

  /** The process would live on without a service. */
  #exitFailed(error: unknown, code: number): void {
    this.#fastify.log.error({ err: error }, `shutdown: the option "exit" failed; exiting with code ${code}`)
    process.exit(code)
  }

  /** The app listens: fatal errors reach it, and supervisors learn that it is ready. */
  onListen(): void {
    this.#isListening = true
    this.#hasListened = true
    this.#watchFatalErrors()
    warnMisconfiguration(this.#fastify, this.#options, this.#sequence.budget)
    this.#warnRivals()
    this.#supervisors.ready()
  }

  #watchFatalErrors(): void {
    if (this.#options.fatal !== undefined && !isTestRunner()) this.#process.watchFatalErrors(this)
  }

  #warnRivals(): void {
    const isOurs = (listener: unknown) => this.#process.isSignalListener(listener)
    const rivals = rivalListeners(this.signals, isOurs).filter(
      ({ signal, name }) => !this.#namedRivals.has(`${signal} ${name}`)
    )
    for (const { signal, name } of rivals) this.#namedRivals.add(`${signal} ${name}`)
    warnRivals(this.#fastify, rivals)
  }

  /** The app was closed. Without a running shutdown the process no longer has to wait for it. */
  onClosed(): void {
    if (this.#exitCode) return
    this.#leave()
    this.#process.remove(this)
  }

  /** Starts the shutdown, once. Resolves with the exit code. */
  begin(reason: string, fatalTimeout?: number, isCalledByApp = false): Promise<number> {
    this.#exitCode ??= this.#run(reason, fatalTimeout, isCalledByApp)
    return this.#exitCode
  }

  /**
   * The same for code of the app. A handler may await the result, and the shutdown awaits its response: it gets 1 before
   * requests are cut, and still has the time to answer.
   */
  beginByApp(reason: string): Promise<number> {
    const mayBeHandler = this.#sequence.hasRequests
    const code = this.begin(reason, undefined, true)
    return mayBeHandler ? Promise.race([code, this.#sequence.aboutToCut.then(() => 1)]) : code
  }

  async #run(reason: string, fatalTimeout: number | undefined, isCalledByApp: boolean): Promise<number> {
    const { log } = this.#fastify
    const start = performance.now()
    this.#supervisors.stopping(this.#sequence.budget)
    // Ends the process even if a phase hangs. The timer does not keep the process alive.
    const { budget } = this.#sequence
    const margin = Math.min(exitMarginMs, budget * exitMarginShare)
    const lastResort = setTimeout(() => this.exit(1), capDelay(budget + margin)).unref()
    // The start may still be under way, and its `app.listen()` fails now.
    if (!this.#hasListened) this.#watchFatalErrors()
    const hasRivals = this.#namedRivals.size > 0
    const traffic = { fatalTimeout, isCalledByApp, isServing: this.#hasListened, hasRivals }
    const isClean = await this.#sequence.run(reason, traffic).catch((error: unknown) => {
      log.error({ err: error }, 'shutdown: failed; exiting with code 1')
      return false
    })
    clearTimeout(lastResort)
    const code = isClean && !this.#hasFatalError ? this.#codeOfApp() : 1
    log.info({ reason, code, duration: Math.round(performance.now() - start) }, 'shutdown: done')
    await flushLog(log, this.#options.flushTimeout)
    // A state that is not on its way by then is sent out of order.
    await withTimeout(supervisorWaitMs, () => this.#supervisors.started()).catch(() => undefined)
    this.#leave()
    this.#process.finished(this, code)
    return code
  }

  /** The app may have set `process.exitCode`, for a failure that it found by itself. */
  #codeOfApp(): number {
    return this.#options.exit === false ? 0 : Number(process.exitCode ?? 0)
  }

  #leave(): void {
    this.#isListening = false
    this.#supervisors.close()
  }
}

/** `app.listen()` of an app that was closed meanwhile. */
const isAbortedListen = (error: unknown): boolean =>
  ['FST_ERR_REOPENED_CLOSE_SERVER', 'FST_ERR_REOPENED_SERVER'].includes(
    String((error as { code?: unknown } | undefined)?.code)
  )
