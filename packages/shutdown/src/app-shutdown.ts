import { provided, reporterPort } from '@seaworthy/contract'
import type { FastifyInstance } from 'fastify'
import { warnMisconfiguration } from './misconfiguration.ts'
import { flushLog } from './process/flush-log.ts'
import { processLifecycle, type ManagedApp } from './process/process-lifecycle.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import type { ShutdownSequence } from './sequence.ts'
import { connectSupervisors, type Supervisors } from './supervisors/supervisors.ts'

/** Milliseconds beyond the budget after which the process exits, whatever hangs. */
const exitMarginMs = 1000

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
    void this.begin(name)
  }

  onFatalError(error: unknown, origin: string): void {
    this.#hasFatalError = true
    this.#fastify.log.fatal(
      { err: error, origin },
      `shutdown: ${origin}; answering the requests in flight, then exiting with code 1`
    )
    provided(this.#fastify, reporterPort)?.report(error, { source: origin })
    void this.begin(origin, this.#options.fatal ?? 0)
  }

  exit(code: number): void {
    if (this.#options.exit !== false) this.#options.exit(code)
  }

  /** The app listens: fatal errors reach it, and supervisors learn that it is ready. */
  onListen(): void {
    this.#isListening = true
    if (this.#options.fatal !== undefined) this.#process.watchFatalErrors(this)
    warnMisconfiguration(this.#fastify, this.#options, this.#sequence.budget)
    this.#supervisors.ready()
  }

  /** The app was closed. Without a running shutdown the process no longer has to wait for it. */
  onClosed(): void {
    if (this.#exitCode) return
    this.#leave()
    this.#process.remove(this)
  }

  /** Starts the shutdown, once. Resolves with the exit code. */
  begin(reason: string, fatalTimeout?: number): Promise<number> {
    this.#exitCode ??= this.#run(reason, fatalTimeout)
    return this.#exitCode
  }

  async #run(reason: string, fatalTimeout?: number): Promise<number> {
    const { log } = this.#fastify
    const start = performance.now()
    this.#supervisors.stopping(this.#sequence.budget)
    // Ends the process even if a phase hangs. The timer does not keep the process alive.
    const lastResort = setTimeout(() => this.exit(1), this.#sequence.budget + exitMarginMs).unref()
    const isClean = await this.#sequence.run(reason, fatalTimeout).catch((error: unknown) => {
      log.error({ err: error }, 'shutdown: failed; exiting with code 1')
      return false
    })
    clearTimeout(lastResort)
    const code = isClean && !this.#hasFatalError ? 0 : 1
    log.info({ reason, code, duration: Math.round(performance.now() - start) }, 'shutdown: done')
    await flushLog(log, this.#options.flushTimeout)
    this.#leave()
    this.#process.finished(this, code)
    return code
  }

  #leave(): void {
    this.#isListening = false
    this.#supervisors.close()
  }
}
