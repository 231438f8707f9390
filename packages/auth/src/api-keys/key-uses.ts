import { BoundedMap } from '@seaworthy/internal'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import type { ApiKeyUse, ResolvedApiKeys } from './options.ts'

/** Keys whose last use is kept. With more of them some are noted more often. */
const maxKeys = 10_000

export interface KeyUsesDependencies {
  readonly audit: Audit
  readonly log: FastifyBaseLogger
}

/** Notes that keys are used, each once per interval. No request waits for it. */
export class KeyUses {
  readonly #options: Pick<ResolvedApiKeys, 'onUse' | 'useInterval'>
  readonly #dependencies: KeyUsesDependencies
  /** When each key may be noted again, by the clock of `performance`. */
  readonly #dueTimes = new BoundedMap<number>(maxKeys, (next) => next <= performance.now())

  constructor(options: Pick<ResolvedApiKeys, 'onUse' | 'useInterval'>, dependencies: KeyUsesDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  /** Notes a valid key. `validUntil`: it was replaced by another one, and expires then. */
  noteUse(id: string, subject: string, validUntil: number | undefined, request: FastifyRequest): void {
    const { onUse } = this.#options
    if ((onUse === undefined && validUntil === undefined) || !this.#isDue(id)) return
    if (validUntil !== undefined) this.#record('replaced_key_used', id, subject, validUntil, request)
    if (onUse !== undefined) this.#call({ id, subject, at: Date.now(), ip: request.ip })
  }

  /** Notes a key that would be valid if it had not expired: its client still has to be changed. */
  noteExpired(id: string, subject: string, request: FastifyRequest): void {
    if (this.#isDue(id)) this.#record('expired_key_used', id, subject, undefined, request)
  }

  #isDue(id: string): boolean {
    const now = performance.now()
    const next = this.#dueTimes.get(id)
    if (next !== undefined && next > now) return false
    this.#dueTimes.set(id, now + this.#options.useInterval)
    return true
  }

  #record(
    outcome: string,
    keyId: string,
    subject: string,
    expiresAt: number | undefined,
    request: FastifyRequest
  ): void {
    const event = { type: 'api_key', scheme: 'apiKey' } as const
    this.#dependencies.audit.record({ ...event, outcome, subject, keyId, expiresAt }, request)
  }

  #call(use: ApiKeyUse): void {
    const onError = (error: unknown): void =>
      this.#dependencies.log.error(
        { err: error, keyId: use.id },
        'auth: "apiKeys.onUse" failed; the request continues, and the next use is noted after the interval; fix the function'
      )
    // In a promise, so that it runs behind the request's own steps, and an error of it is no error of the request.
    Promise.resolve(use).then(this.#options.onUse).catch(onError)
  }
}
