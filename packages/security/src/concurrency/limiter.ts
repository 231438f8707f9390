import { isThenable } from '@seaworthy/internal'
import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ReportObserved } from '../mode.ts'
import { RateLimitStoreError } from '../rate-limit/errors.ts'
import { keyOrNoAddress, normalizeKey, toInteger } from '../rate-limit/keys.ts'
import { ConcurrencyLimitError } from './errors.ts'
import { LocalCounts, type Lease, type LeaseStore } from './lease.ts'
import type { ConcurrencyLimit, Key } from './limit.ts'

export type Outcome = 'allowed' | 'rejected' | 'observed' | 'open' | 'closed'

export interface ConcurrencyDependencies {
  readonly store: LeaseStore | undefined
  readonly leaseTime: number
  count(limit: string, outcome: Outcome): void
  /** Writes the state of a limit into the response's headers. */
  writeState(reply: FastifyReply, limit: ConcurrencyLimit, max: number, left: number): void
  readonly reportObserved: ReportObserved
}

type Done = (error?: Error) => void

/** A request on its way through the limit. */
interface Entry {
  readonly limit: ConcurrencyLimit
  readonly max: number
  readonly lease: Lease
  readonly reply: FastifyReply
  readonly done: Done
}

/** Gives running requests their slots, and takes them back when their responses close. */
export class ConcurrencyLimiter {
  readonly #dependencies: ConcurrencyDependencies
  readonly #local = new LocalCounts()
  /** The leases that the store counts, to renew them. */
  readonly #held = new Set<Lease>()
  /** On each response with a slot. */
  readonly #key = Symbol('seaworthy.security.lease')
  readonly #process = `${randomBytes(9).toString('base64url')}.`
  readonly #timer: NodeJS.Timeout | undefined
  readonly #onClose: (this: object) => void
  #next = 0

  constructor(dependencies: ConcurrencyDependencies) {
    this.#dependencies = dependencies
    const end = (lease: Lease | undefined): void => this.#end(lease)
    const key = this.#key
    this.#onClose = function onClose() {
      for (let lease = (this as { [key]?: Lease })[key]; lease; lease = lease.before) end(lease)
    }
    const { store, leaseTime } = dependencies
    if (store) this.#timer = setInterval(() => this.#renew(), leaseTime / 3).unref()
  }

  get running(): number {
    return this.#local.running
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Lets a request pass or rejects it. No promise without functions of the app. */
  enter(limit: ConcurrencyLimit, request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const { max } = limit
    let raw: Key | Promise<Key>
    let key
    try {
      raw = limit.key(request)
      if (!isThenable(raw) && typeof max === 'number') {
        key = keyOrNoAddress(limit, request, raw)
        if (key === undefined) return done()
        key = normalizeKey(limit, key)
      }
    } catch (error) {
      return done(error as Error)
    }
    if (typeof max === 'number' && key !== undefined) return this.#enter(limit, key, max, reply, done)
    this.#resolve(limit, raw, request).then(
      (found) => (found === undefined ? done() : this.#enter(limit, found.key, found.max, reply, done)),
      done
    )
  }

  async #resolve(limit: ConcurrencyLimit, raw: Key | Promise<Key>, request: FastifyRequest) {
    const key = keyOrNoAddress(limit, request, await raw)
    if (key === undefined) return undefined
    const { max } = limit
    return {
      key: normalizeKey(limit, key),
      max: typeof max === 'number' ? max : toInteger('concurrency', await max(request, String(key)), 0)
    }
  }

  #enter(limit: ConcurrencyLimit, key: string, max: number, reply: FastifyReply, done: Done): void {
    const { store } = this.#dependencies
    const { name, observe } = limit
    const lease: Lease = {
      name,
      key,
      id: this.#process + this.#next++,
      renewed: performance.now(),
      ended: false
    }
    const entry: Entry = { limit, max, lease, reply, done }
    const running = this.#local.of(lease)
    // Those of this process alone are too many: the store need not be asked.
    const isOpen = limit.onStoreError === 'open' && store?.up === false
    if (running >= max && !observe && !isOpen) return this.#reject(entry)

    this.#hold(lease, reply.raw)
    if (store === undefined) return this.#admit(entry, running < max, running + 1)
    this.#held.add(lease)
    store.take(lease, max, observe, (error, taken) => {
      // The client has left meanwhile: the release may have been sent before the slot was taken.
      if (lease.ended) store.release(lease)
      if (error) this.#withoutStore(error, entry, running)
      else if (taken!.allowed || observe) this.#admit(entry, taken!.allowed, taken!.used)
      else {
        this.#end(lease, false)
        this.#reject(entry)
      }
    })
  }

  /** Notes the slot until the response has closed: it was sent, the client left, or its connection or stream broke. */
  #hold(lease: Lease, raw: FastifyReply['raw']): void {
    this.#local.add(lease)
    const held = raw as FastifyReply['raw'] & { [key: symbol]: Lease; stream?: { destroyed?: boolean } }
    // A request that the app routes again has two slots on one response.
    if (held[this.#key] !== undefined) lease.before = held[this.#key]
    held[this.#key] = lease
    if (held.destroyed || held.stream?.destroyed === true) this.#end(lease)
    else raw.once('close', this.#onClose)
  }

  #end(lease: Lease | undefined, isInStore = true): void {
    if (lease === undefined || lease.ended) return
    lease.ended = true
    this.#local.remove(lease)
    if (this.#held.delete(lease) && isInStore) this.#dependencies.store?.release(lease)
  }

  /** Redis does not answer. */
  #withoutStore(error: Error, entry: Entry, running: number): void {
    const { limit, lease, reply, done, max } = entry
    const { count } = this.#dependencies
    if (limit.onStoreError === 'closed' && !limit.observe) {
      // The call may still arrive.
      this.#end(lease)
      count(limit.name, 'closed')
      const failure = new RateLimitStoreError(error)
      void reply.headers(failure.headers!)
      return done(failure)
    }
    if (limit.onStoreError !== 'open') return this.#admit(entry, running < max, running + 1)
    count(limit.name, 'open')
    done()
  }

  #admit({ limit, max, reply, done }: Entry, allowed: boolean, used: number): void {
    const { count, writeState, reportObserved } = this.#dependencies
    if (!allowed) reportObserved(`a request over the limit ${limit.name}`, `max is ${max}`)
    count(limit.name, allowed ? 'allowed' : 'observed')
    writeState(reply, limit, max, Math.max(0, max - used))
    done()
  }

  #reject({ limit, max, reply, done }: Entry): void {
    const { count, writeState } = this.#dependencies
    count(limit.name, 'rejected')
    writeState(reply, limit, max, 0)
    const error = new ConcurrencyLimitError(max)
    // On the reply too: an error handler of the app may ignore the headers of an error.
    void reply.headers(error.headers!)
    done(error)
  }

  /** Renews the leases of requests that go on, those of one key by one call. */
  #renew(): void {
    const { store, leaseTime } = this.#dependencies
    if (store?.up !== true) return
    const now = performance.now()
    const byKey = new Map<string, Lease[]>()
    for (const lease of this.#held) {
      if (now - lease.renewed < leaseTime / 3) continue
      lease.renewed = now
      const entry = `${lease.name}\0${lease.key}`
      byKey.set(entry, [...(byKey.get(entry) ?? []), lease])
    }
    for (const leases of byKey.values()) store.renew(leases)
  }
}
