import { createPublicKey, type JsonWebKey } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { failureReason } from '../core/failure-reason.ts'
import { readOkText } from '../core/limited-body.ts'
import type { Unavailable } from '../core/token-outcome.ts'
import { keyWeakness, publicKeyOf, type PublicKey } from './keys.ts'

/** The result of a lookup: the key, that the issuer has no such key, or that it cannot be known now. */
export type KeyLookup = { readonly key: PublicKey } | { readonly missing: true } | Unavailable

/** The keys of an issuer, fetched as rarely as possible. */
export interface KeySource {
  /** Returns at once if the key is cached. */
  lookup(kid: string | undefined): KeyLookup | Promise<KeyLookup>
  /** Increases with each change of keys, so that tokens of a removed key are verified again. */
  readonly generation: number
  /** Whether tokens verified with this generation of keys need no other verification. */
  isCurrent(generation: number): boolean
  /** Milliseconds since the last successful fetch. `undefined` before the first. */
  age(): number | undefined
  warmUp(): void
}

/** All durations are in milliseconds. */
export interface KeySourceOptions {
  url: string
  maxAge: number
  cooldown: number
  maxStale: number
  timeout: number
}

type Keys = ReadonlyMap<string, PublicKey>

/** After a failed fetch the next one may follow after this many milliseconds, if the cooldown is not shorter. */
const retryInterval = 1000
/** The share of `maxAge` after which keys are refreshed in the background. */
const refreshAhead = 0.8

export function createKeySource(options: KeySourceOptions, log: FastifyBaseLogger): KeySource {
  // The query may hold an API key, so the log gets the URL without it.
  const loggedUrl = options.url.split('?', 1)[0]
  let keys: Keys = new Map()
  let fetchedAt = -Infinity
  let attemptedAt = -Infinity
  let failed = false
  let generation = 0
  let fetching: Promise<void> | undefined

  async function load(): Promise<void> {
    attemptedAt = performance.now()
    try {
      const response = await fetch(options.url, {
        redirect: 'error',
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(options.timeout)
      })
      const next = parseKeys(await readOkText(response), log)
      if (haveChanged(keys, next)) generation++
      keys = next
      fetchedAt = performance.now()
      failed = false
    } catch (error) {
      failed = true
      log.warn(
        { url: loggedUrl, reason: failureReason(error) },
        'auth: the keys of an issuer cannot be fetched; cached keys are used up to "jwksMaxStale"; check its "jwksUrl"'
      )
    }
  }
  const refresh = (): Promise<void> =>
    (fetching ??= load().finally(() => {
      fetching = undefined
    }))

  const age = (): number => performance.now() - fetchedAt
  const pause = (): number => (failed ? Math.min(options.cooldown, retryInterval) : options.cooldown)
  const mayFetch = (): boolean => performance.now() - attemptedAt >= pause()
  const isUsable = (): boolean => age() <= options.maxAge + options.maxStale
  /** Time for a refresh in the background. It depends on the age only: the cooldown is for unknown keys. */
  const isDue = (): boolean =>
    age() > options.maxAge * refreshAhead && fetching === undefined && (!failed || mayFetch())
  /** Too old to be used before the next fetch. While the issuer is down, old keys stay in use. */
  const isOverdue = (): boolean => age() > options.maxAge && !failed

  const cachedKey = (kid: string | undefined): PublicKey | undefined => {
    if (!isUsable()) return undefined
    if (kid !== undefined) return keys.get(kid)
    // Without an id the token can only mean a single key.
    return keys.size === 1 ? keys.values().next().value : undefined
  }
  const resultFor = (kid: string | undefined): KeyLookup => {
    const key = cachedKey(kid)
    if (key !== undefined) return { key }
    return failed || !isUsable()
      ? { unavailable: 'keys', retryAfter: Math.max(1, Math.ceil(pause() / 1000)) }
      : { missing: true }
  }

  return {
    lookup(kid) {
      const key = cachedKey(kid)
      if (key !== undefined) {
        if (isOverdue()) return refresh().then(() => resultFor(kid))
        if (isDue()) void refresh()
        return { key }
      }
      if (fetching !== undefined) return fetching.then(() => resultFor(kid))
      return mayFetch() ? refresh().then(() => resultFor(kid)) : resultFor(kid)
    },
    get generation() {
      return generation
    },
    // Also for cached tokens a due refresh makes a lookup: otherwise a removed key would be used until a new token comes.
    isCurrent: (verifiedAt) => verifiedAt === generation && isUsable() && !isOverdue() && !isDue(),
    age: () => (fetchedAt === -Infinity ? undefined : age()),
    warmUp: () => void refresh()
  }
}

function parseKeys(text: string, log: FastifyBaseLogger): Keys {
  const { keys } = JSON.parse(text) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('no "keys"')
  const usable = new Map<string, PublicKey>()
  for (const jwk of keys as (JsonWebKey & { kid?: string; use?: string; alg?: string })[]) {
    if ((jwk.use !== undefined && jwk.use !== 'sig') || !['RSA', 'EC', 'OKP'].includes(String(jwk.kty)))
      continue
    try {
      const key = createPublicKey({ key: jwk, format: 'jwk' })
      const weakness = keyWeakness(key)
      if (weakness === undefined) usable.set(jwk.kid ?? '', publicKeyOf(key, jwk.alg))
      else log.warn({ kid: jwk.kid, weakness }, 'auth: an issuer publishes a weak key; ignoring the key')
    } catch {
      log.warn({ kid: jwk.kid }, 'auth: an issuer publishes a key that cannot be read; ignoring the key')
    }
  }
  if (usable.size === 0) throw new Error('no usable key')
  return usable
}

const haveChanged = (before: Keys, after: Keys): boolean =>
  before.size !== after.size || [...before].some(([kid, { pem }]) => after.get(kid)?.pem !== pem)
