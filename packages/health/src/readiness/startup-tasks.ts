import type { FastifyInstance } from 'fastify'
import { optionChecks, type OptionChecks } from '@seaworthy/internal'
import type { HealthEventLog } from '../events/health-event-log.ts'
import type { ReadinessGates } from './readiness-gates.ts'

/** Work that must succeed before the service is ready. `signal` is aborted when the app closes. */
export type StartupTask = (signal: AbortSignal) => unknown

const check: OptionChecks = optionChecks('health')

/** Runs start-up tasks once the app has loaded. The service is not ready until all have succeeded. */
export class StartupTasks {
  readonly #gates: ReadinessGates
  readonly #events: HealthEventLog
  readonly #closing = new AbortController()
  #waiting: (() => void)[] = []
  #loaded = false

  constructor(fastify: FastifyInstance, gates: ReadinessGates, events: HealthEventLog) {
    this.#gates = gates
    this.#events = events
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
    try {
      await task(this.#closing.signal)
      release()
      this.#events.taskSucceeded(name)
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#events.taskFailed(name, error)
    }
  }
}
