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

  /** Runs all checks of a group, or of all groups, that have no fresh result. `undefined` if there are none. */
  refresh(group?: string): Promise<unknown> | undefined {
    const now = performance.now()
    let runs: Promise<void>[] | undefined
    for (const check of group === undefined ? this.checks.values() : this.checksOf(group)) {
      const run = check.refresh(now)
      if (run) (runs ??= []).push(run)
    }
    return runs && Promise.all(runs)
  }
}
