import type { CheckFunction, CheckOptions } from '../checks/options.ts'
import type { HealthState } from '../readiness/health-state.ts'
import type { Maintenance } from '../readiness/readiness-gates.ts'
import type { StartupTask, StartupTaskOptions } from '../readiness/startup-options.ts'
import type { StartupTasks } from '../readiness/startup-tasks.ts'
import { healthReport, type HealthReport } from './health-report.ts'

/**
 * `app.health`
 *
 * @example
 * app.health.addCheck('database', async () => true)
 * const release = app.health.hold('migration')
 * release()
 * console.log(app.health.status().status)
 */
export interface Health {
  /**
   * Adds a check, before or after the app is ready.
   *
   * @throws RangeError with the code `INVALID_OPTION` for a wrong option; Error if the name is taken.
   */
  addCheck(name: string, check: CheckFunction, options?: CheckOptions): void
  /** Keeps the service not ready until the returned function is called, and start-up from ending if it has not ended. */
  hold(name: string): () => void
  /** Runs `task` once the app has loaded, or at once if it has. The service is not ready until it has succeeded. */
  startupTask(name: string, task: StartupTask, options?: StartupTaskOptions): void
  /**
   * Declares the app broken, so that the platform restarts the process: a state that only a restart repairs. The service
   * is not ready at once; liveness fails later, as the option `broken` says. `reason` is for operators only.
   *
   * @returns A function that takes it back.
   * @throws RangeError with the code `INVALID_OPTION` for an empty reason.
   */
  broken(reason: string): () => void
  readonly maintenance: Maintenance
  /** The report of the last results. Runs no check. */
  status(): HealthReport
  /** Runs all checks that have no fresh result, in all groups, and returns the report. */
  check(): Promise<HealthReport>
}

/** Makes `app.health`. */
export function healthApi(state: HealthState, tasks: StartupTasks): Health {
  const { registry, gates } = state
  return {
    addCheck: (name, check, options = {}) => registry.add(name, check, options),
    hold: (name) => gates.hold(name),
    startupTask: (name, task, options) => tasks.add(name, task, options),
    broken: (reason) => state.liveness.declare(reason),
    maintenance: gates.maintenance,
    status: () => healthReport(state),
    async check() {
      await registry.refresh()
      return healthReport(state)
    }
  }
}
