import type { FastifyInstance } from 'fastify'
import { type Complete, optionChecks, withTimeout, type OptionChecks } from '@seaworthy/internal'
import type { HealthEventLog } from '../events/health-event-log.ts'
import type { Liveness } from './liveness.ts'
import type { ReadinessGates } from './readiness-gates.ts'
import { resolveStartupTask, type StartupTask, type StartupTaskOptions } from './startup-options.ts'

const check: OptionChecks = optionChecks('health')

/**
 * Runs start-up tasks once the app has loaded. The service is not ready until all have succeeded, so that one which
 * fails or hangs is run again: the service must not stay out of traffic because a dependency came up later.
 */
export class StartupTasks {
  readonly #gates: ReadinessGates
  readonly #events: HealthEventLog
  readonly #liveness: Liveness
  readonly #timeout: number
  readonly #closing = new AbortController()
  #waiting: (() => void)[] = []
  #loaded = false

  /** @param timeout - Milliseconds that one run may take, unless its task has a timeout of its own. */
  constructor(
    fastify: FastifyInstance,
    { gates, events, liveness }: { gates: ReadinessGates; events: HealthEventLog; liveness: Liveness },
    timeout: number
  ) {
    this.#gates = gates
    this.#events = events
    this.#liveness = liveness
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

  /** @throws RangeError if the name is no text, the task is no function, or an option is wrong. */
  add(name: string, task: StartupTask, options: StartupTaskOptions = {}): void {
    check.fn(`startupTasks.${check.string('startup task name', name)}`, task)
    const resolved = resolveStartupTask(name, options, this.#timeout)
    const release = this.#gates.hold(name)
    const start = () => void this.#run(name, task, resolved, release)
    if (this.#loaded) start()
    else this.#waiting.push(start)
  }

  async #run(
    name: string,
    task: StartupTask,
    { retries, delay: firstDelay, maxDelay, timeout }: Complete<StartupTaskOptions>,
    release: () => void
  ): Promise<void> {
    const { signal: closing } = this.#closing
    let done = false
    let failures = 0
    const succeed = () => {
      if (done || closing.aborted) return
      done = true
      release()
      this.#events.taskSucceeded(name)
    }
    for (
      let delay = Math.min(firstDelay, maxDelay);
      !done && !closing.aborted;
      delay = Math.min(2 * delay, maxDelay)
    ) {
      const controller = new AbortController()
      const abort = () => controller.abort(closing.reason)
      closing.addEventListener('abort', abort, { once: true })
      // A run that ignores its signal and succeeds late has still succeeded.
      const call = async () => {
        await task(controller.signal)
        succeed()
      }
      try {
        await withTimeout(timeout, call, { controller, unref: true })
      } catch (error) {
        if (done || closing.aborted) return
        const isLast = ++failures > retries
        this.#events.taskFailed(name, error, isLast ? undefined : delay)
        if (isLast) {
          this.#liveness.declare(`the startup task "${name}" has failed ${failures} times`)
          return
        }
        await pauseOrAbort(delay * (0.5 + Math.random() / 2), closing)
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
