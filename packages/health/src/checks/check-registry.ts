import { Check, type CheckListener } from './check.ts'
import { resolveCheck, type CheckFunction, type CheckOptions, type InheritedDefaults } from './options.ts'

/** All checks of an app, by name and by group. */
export class CheckRegistry {
  readonly checks: Map<string, Check> = new Map()
  readonly #groups: Map<string, Check[]> = new Map([['ready', []]])
  readonly #defaults: InheritedDefaults
  readonly #listener: CheckListener
  #running = false

  constructor(defaults: InheritedDefaults, listener: CheckListener) {
    this.#defaults = defaults
    this.#listener = listener
  }

  /** @throws Error if the name is taken, RangeError for a wrong option. */
  add(name: string, fn: CheckFunction, options: CheckOptions): void {
    if (this.checks.has(name)) throw new Error(`health: there is a check "${name}" already`)
    const check = new Check(resolveCheck(name, fn, options, this.#defaults), this.#listener)
    this.checks.set(name, check)
    for (const group of check.options.groups) {
      const members = this.#groups.get(group)
      if (members) members.push(check)
      else this.#groups.set(group, [check])
    }
    if (this.#running) check.start()
  }

  hasGroup(group: string): boolean {
    return this.#groups.has(group)
  }

  checksOf(group: string): readonly Check[] {
    return this.#groups.get(group) ?? []
  }

  /** Starts the runs in the background. */
  start(): void {
    this.#running = true
    for (const check of this.checks.values()) check.start()
  }

  stop(): void {
    this.#running = false
    for (const check of this.checks.values()) check.stop()
  }

  /** Runs all checks that have no fresh result. `undefined` if there are none. */
  refresh(): Promise<unknown> | undefined {
    const now = performance.now()
    let runs: Promise<void>[] | undefined
    for (const check of this.checks.values()) {
      const run = check.refresh(now)
      if (run) (runs ??= []).push(run)
    }
    return runs && Promise.all(runs)
  }

  /** Runs all checks, whether or not they have a fresh result. */
  async runAll(): Promise<void> {
    await Promise.all(Array.from(this.checks.values(), (check) => check.run()))
  }

  /**
   * Like {@link refresh}, for a probe of a group: resolves in time for the prober even if a check takes longer, and waits
   * for an optional check only if it is quick. What runs on is there for the next probe.
   */
  refreshForProbe(group: string): Promise<unknown> | undefined {
    const now = performance.now()
    let critical: Promise<void>[] | undefined
    let optional: Promise<void>[] | undefined
    for (const check of this.checksOf(group)) {
      const prompt = check.options.critical || check.isPrompt(now, optionalWait)
      const run = check.refresh(now)
      if (run === undefined || !prompt) continue
      if (check.options.critical) (critical ??= []).push(run)
      else (optional ??= []).push(run)
    }
    if (critical === undefined && optional === undefined) return undefined
    return Promise.all([
      critical && atMost(probeWait, Promise.all(critical)),
      optional && atMost(optionalWait, Promise.all(optional))
    ])
  }
}

/**
 * Milliseconds that a probe waits for critical checks: Kubernetes gives up after a second unless it is configured, and
 * the response takes some time too.
 */
const probeWait = 900
/** Milliseconds that a probe waits for optional checks: it shows their state and does not depend on them. */
const optionalWait = 100

/** Resolves when the runs have ended, or after `milliseconds`. */
function atMost(milliseconds: number, runs: Promise<unknown>): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  // A check whose time has ended at the same moment is recorded first.
  const timer = setTimeout(() => setImmediate(resolve), milliseconds)
  void runs.finally(() => {
    clearTimeout(timer)
    resolve(undefined)
  })
  return promise
}
