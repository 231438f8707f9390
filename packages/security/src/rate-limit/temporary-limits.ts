import { policyOf, type Limit } from './resolve-limit.ts'

/** The values of a limit that operators may change. */
export interface LimitValues {
  max?: number | undefined
  /** Milliseconds. */
  timeWindow?: number | undefined
}

interface Change {
  timer: NodeJS.Timeout
  /** Milliseconds since 1970. */
  until: number
  /** The limits with their values of the options. */
  normal: Map<Limit, Pick<Limit, 'max' | 'window'>>
}

/** Limits that operators have changed for a time. They return to their options by themselves. */
export class TemporaryLimits {
  readonly #find: (name: string) => Limit[]
  readonly #changes = new Map<string, Change>()

  /** @param find - The limits with a name: routes that share a limit have one, several registrations may have more. */
  constructor(find: (name: string) => Limit[]) {
    this.#find = find
  }

  /** Whether there is such a limit. */
  has(name: string): boolean {
    return this.#find(name).length > 0
  }

  /**
   * Changes a limit, from its options on. Counts stay: what a client has used is compared with the new maximum.
   *
   * @param ttl - Milliseconds until the values of the options return.
   */
  set(name: string, { max, timeWindow }: LimitValues, ttl: number): void {
    this.reset(name)
    const limits = this.#find(name)
    const normal = new Map(limits.map((limit) => [limit, { max: limit.max, window: limit.window }]))
    for (const limit of limits) write(limit, max ?? limit.max, timeWindow ?? limit.window)
    const timer = setTimeout(() => this.reset(name), ttl).unref()
    this.#changes.set(name, { timer, until: Date.now() + ttl, normal })
  }

  /** Returns to the options. */
  reset(name: string): void {
    const change = this.#changes.get(name)
    if (change === undefined) return
    clearTimeout(change.timer)
    this.#changes.delete(name)
    for (const [limit, { max, window }] of change.normal) write(limit, max, window)
  }

  resetAll(): void {
    for (const name of this.#changes.keys()) this.reset(name)
  }

  /** The values of the options and when they return. `undefined` for a limit that is not changed. */
  stateOf(limit: Limit): { normal: LimitValues; until: string } | undefined {
    const change = this.#changes.get(limit.name)
    const normal = change?.normal.get(limit)
    if (change === undefined || normal === undefined) return undefined
    return { normal: valuesOf(normal), until: new Date(change.until).toISOString() }
  }
}

/** A function of the app decides where a value is missing. */
export const valuesOf = ({ max, window }: Pick<Limit, 'max' | 'window'>): LimitValues => ({
  ...(typeof max === 'number' ? { max } : {}),
  ...(typeof window === 'number' ? { timeWindow: window } : {})
})

function write(limit: Limit, max: Limit['max'], window: Limit['window']): void {
  limit.max = max
  limit.window = window
  limit.policy = policyOf(limit.name, max, window)
}
