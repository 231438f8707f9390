/** The slot of a running request. */
export interface Lease {
  /** The name of the limit. With the key it identifies a count. */
  readonly name: string
  readonly key: string
  /** Differs from that of every other request, of all processes. */
  readonly id: string
  /** When the store has taken or renewed it, by the clock of `performance`. */
  renewed: number
  ended: boolean
  /** Another slot of the same response. */
  before?: Lease | undefined
}

export interface TakeResult {
  readonly allowed: boolean
  /** Running requests of the key, this one included if it is allowed. */
  readonly used: number
}

/** A store outside of this process. */
export interface LeaseStore {
  readonly up: boolean
  /** Takes a slot. `observe`: also where none is left. */
  take(
    lease: Lease,
    max: number,
    observe: boolean,
    done: (error: Error | null, taken?: TakeResult) => void
  ): void
  /** Keeps the slots of requests of one key that go on. */
  renew(leases: readonly Lease[]): void
  release(lease: Lease): void
}

/** Counts the running requests of this process by limit and key. It has an entry for each key that has some. */
export class LocalCounts {
  readonly #counts = new Map<string, number>()
  /** All of them. */
  running = 0

  of({ name, key }: Pick<Lease, 'name' | 'key'>): number {
    return this.#counts.get(`${name}\0${key}`) ?? 0
  }

  add({ name, key }: Lease): void {
    const entry = `${name}\0${key}`
    this.#counts.set(entry, (this.#counts.get(entry) ?? 0) + 1)
    this.running++
  }

  remove({ name, key }: Lease): void {
    const entry = `${name}\0${key}`
    const left = (this.#counts.get(entry) ?? 0) - 1
    if (left > 0) this.#counts.set(entry, left)
    else this.#counts.delete(entry)
    this.running--
  }
}
