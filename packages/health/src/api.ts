import type { FastifyInstance } from 'fastify'
import { optionChecks } from '@seaworthy/internal'
import type { CheckFunction, CheckOptions } from './check-options.ts'
import type { Check } from './check.ts'
import type { Journal, Transition } from './events.ts'
import { guardedLog, guardedReport, told } from './failure.ts'
import type { Maintenance, NotReadyReason, StartupTask } from './gates.ts'
import type { HealthState } from './state.ts'
import { givenUp, type ReadyStatus } from './verdict.ts'

/** What is known of a check, for operators. Times are ISO 8601, durations milliseconds. */
export interface CheckReport {
  status: 'pass' | 'degraded' | 'fail' | 'pending'
  critical: boolean
  groups: readonly string[]
  /** Since when the status is what it is. */
  since: string
  lastRun?: string
  lastPass?: string
  duration?: number
  error?: string
  detail?: Record<string, string | number | boolean>
  /** It has failed for longer than `maxUnready`, and readiness no longer waits for it. */
  ignored?: boolean
}

/** What is known of the service, for operators. It may hold addresses and messages: not for the public. */
export interface HealthReport {
  status: ReadyStatus
  reason?: NotReadyReason
  maintenance?: { reason: string; since: string }
  started: boolean
  /** Start-up tasks and holds that readiness waits for. */
  held: string[]
  checks: Record<string, CheckReport>
  /** The last changes, oldest first. */
  history: readonly Transition[]
}

/** `app.health` */
export interface Health {
  /**
   * Adds a check; before or after the app is ready.
   *
   * @throws RangeError naming the option that cannot work; Error when the name is taken.
   */
  addCheck(name: string, check: CheckFunction, options?: CheckOptions): void
  /** Holds readiness back until the returned function is called. Until the app has started once, startup too. */
  hold(name: string): () => void
  /** Runs `task` once the app has loaded (at once where it has), and holds readiness until it has succeeded. */
  startupTask(name: string, task: StartupTask): void
  readonly maintenance: Maintenance
  /** What is known now. Starts no check. */
  status(): HealthReport
  /** Runs what has no fresh result, in all groups, then tells. */
  check(): Promise<HealthReport>
}

const rules = optionChecks('health')

export function healthApi(fastify: FastifyInstance, state: HealthState, journal: Journal): Health {
  const { gates } = state
  const closing = new AbortController()
  const waiting: (() => void)[] = []
  let loaded = false
  fastify.addHook('onReady', (done) => {
    loaded = true
    for (const start of waiting.splice(0)) start()
    done()
  })
  fastify.addHook('onClose', (_instance, done) => {
    closing.abort(new Error('the app is closing'))
    done()
  })

  const runTask = async (name: string, task: StartupTask, release: () => void) => {
    try {
      await task(closing.signal)
      release()
      fastify.log.info({ task: name }, `startup task "${name}" is done`)
    } catch (error) {
      if (closing.signal.aborted) return
      const message = `startup task "${name}" failed: the service stays not ready`
      guardedLog(fastify.log, 'error', { task: name }, error, message)
      guardedReport(journal.reporter, error, { source: `startup task "${name}"` })
    }
  }

  const api: Health = {
    addCheck(name, check, options = {}) {
      state.add(name, check, options)
    },
    hold: (name) => gates.hold(name),
    startupTask(name, task) {
      rules.fn(`startupTasks.${rules.string('startup task name', name)}`, task)
      const release = gates.hold(name)
      const start = () => void runTask(name, task, release)
      if (loaded) start()
      else waiting.push(start)
    },
    maintenance: gates.maintenance,
    status() {
      const { status, reason } = state.verdict('ready')
      const { current } = gates.maintenance
      return {
        status,
        ...(reason && { reason }),
        ...(current && { maintenance: { reason: current.reason, since: iso(current.since) } }),
        started: gates.started,
        held: gates.held,
        checks: Object.fromEntries([...state.checks].map(([name, check]) => [name, reportOf(check)])),
        history: journal.history
      }
    },
    async check() {
      await state.refresh()
      return api.status()
    }
  }
  return api
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString()

function reportOf(check: Check): CheckReport {
  const { options, last, lastRun, lastPass } = check
  const now = performance.now()
  const status = check.current(now)
  return {
    status,
    critical: options.critical,
    groups: options.groups,
    since: iso(Date.now() - (now - check.since)),
    ...(lastRun !== undefined && { lastRun: iso(lastRun) }),
    ...(lastPass !== undefined && { lastPass: iso(lastPass) }),
    ...(last?.duration !== undefined && { duration: Math.round(last.duration * 10) / 10 }),
    ...(last?.error !== undefined && { error: told(last.error) }),
    ...(last?.detail && { detail: last.detail }),
    ...(status === 'fail' && options.critical && givenUp(check, now) && { ignored: true })
  }
}
