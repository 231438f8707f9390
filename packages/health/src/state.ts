import { Check } from './check.ts'
import { resolveCheck, type CheckDefaults, type CheckFunction, type CheckOptions } from './check-options.ts'
import type { Journal } from './events.ts'
import type { Gates } from './gates.ts'
import { judge, type Verdict } from './verdict.ts'

/** Everything that one app's health knows. */
export class HealthState {
  readonly checks: Map<string, Check> = new Map()
  readonly gates: Gates
  readonly #groups: Map<string, Check[]> = new Map([['ready', []]])
  readonly #defaults: CheckDefaults
  readonly #journal: Journal
  #running = false

  constructor(defaults: CheckDefaults, gates: Gates, journal: Journal) {
    this.#defaults = defaults
    this.#journal = journal
    this.gates = gates
  }

  /** @throws Error when the name is taken, RangeError when an option cannot work. */
  add(name: string, fn: CheckFunction, options: CheckOptions): Check {
    if (this.checks.has(name)) throw new Error(`health: there is a check "${name}" already`)
    const check = new Check(resolveCheck(name, fn, options, this.#defaults), this.#journal)
    this.checks.set(name, check)
    for (const group of check.options.groups) {
      const members = this.#groups.get(group)
      if (members) members.push(check)
      else this.#groups.set(group, [check])
    }
    if (this.#running) check.start()
    return check
  }

  has(group: string): boolean {
    return this.#groups.has(group)
  }

  /** Starts what runs in the background. */
  start(): void {
    this.#running = true
    for (const check of this.checks.values()) check.start()
  }

  stop(): void {
    this.#running = false
    for (const check of this.checks.values()) check.stop()
  }

  /** Runs, side by side, what has no result to serve, in a group or in all. Undefined where nothing has to. */
  refresh(group?: string): Promise<unknown> | undefined {
    const now = performance.now()
    let waits: Promise<void>[] | undefined
    const checks = group === undefined ? this.checks.values() : (this.#groups.get(group) ?? [])
    for (const check of checks) {
      const wait = check.refresh(now)
      if (wait) (waits ??= []).push(wait)
    }
    return waits && Promise.all(waits)
  }

  verdict(group: string): Verdict {
    const checks = this.#groups.get(group) ?? []
    const verdict = judge(checks, performance.now(), group === 'ready' ? this.gates : undefined)
    for (const check of verdict.ignored) this.#journal.ignored(check)
    return verdict
  }
}
