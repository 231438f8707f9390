import type { FastifyInstance } from 'fastify'
import { optionChecks, withTimeout, type OptionChecks } from '@seaworthy/internal'
import type { HealthEventLog } from '../events/health-event-log.ts'
import type { ReadinessGates } from './readiness-gates.ts'

/**
 * Work that must succeed before the service is ready. `signal` is aborted when its time is over and when the app closes.
 * It may run several times, until it succeeds.
 *
 * @example
 * const warm: StartupTask = async (signal) => (await fetch('http://prices.internal/all', { signal })).json()
 * await app.register(health, { startupTasks: { warm } })
 */
export type StartupTask = (signal: AbortSignal) => unknown

const check: OptionChecks = optionChecks('health')

const firstDelay = 1000
const maxDelay = 60_000

/**
 * Runs start-up tasks once the app has loaded. The service is not ready until all have succeeded, so that one which
 * fails or hangs is run again: the service must not stay out of traffic because a dependency came up later.
 */
export class StartupTasks {
  readonly #gates: ReadinessGates
  readonly #events: HealthEventLog
  readonly #timeout: number
  readonly #closing = new AbortController()
  #waiting: (() => void)[] = []
  #loaded = false

  /** @param timeout - Milliseconds that one run may take. */
  constructor(fastify: FastifyInstance, gates: ReadinessGates, events: HealthEventLog, timeout: number) {
    this.#gates = gates
    this.#events = events
    this.#timeout = timeout
    fastify.addHook('onReady', (done) => {
      this.#loaded = true
      for (const start of this.#waiting.splice(0)) start()
      done()
    })
    fastify.addHook('onClose', (_instance, done) => {
      this.#closing.abort(new Error('the app is closing'))
      done()
    })
  }

  /** @throws RangeError if the name is no text or the task is no function. */
  add(name: string, task: StartupTask): void {
    check.fn(`startupTasks.${check.string('startup task name', name)}`, task)
    const release = this.#gates.hold(name)
    const start = () => void this.#run(name, task, release)
    if (this.#loaded) start()
    else this.#waiting.push(start)
  }

  async #run(name: string, task: StartupTask, release: () => void): Promise<void> {
    const { signal: closing } = this.#closing
    let done = false
    const succeed = () => {
      if (done || closing.aborted) return
      done = true
      release()
      this.#events.taskSucceeded(name)
    }
    for (let delay = firstDelay; !done && !closing.aborted; delay = Math.min(2 * delay, maxDelay)) {
      const controller = new AbortController()
      const abort = () => controller.abort(closing.reason)
      closing.addEventListener('abort', abort, { once: true })
      // A run that ignores its signal and succeeds late has still succeeded.
      const call = async () => {
        await task(controller.signal)
        succeed()
      }
      try {
        await withTimeout(this.#timeout, call, { controller, unref: true })
      } catch (error) {
        if (done || closing.aborted) return
        this.#events.taskFailed(name, error, delay)
        await pauseOrAbort(delay, closing)
      } finally {
        closing.removeEventListener('abort', abort)
      }
    }
  }
}

/** Resolves after `milliseconds`, or when the signal is aborted. Does not keep the process running. */
const pauseOrAbort = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds).unref()
    signal.addEventListener('abort', end, { once: true })
  })
