import type { FastifyBaseLogger } from 'fastify'
import { failureReason } from '../core/failure-reason.ts'
import { maxKeySetBytes, readOkText } from '../core/limited-body.ts'
import type { Unavailable } from '../core/token-outcome.ts'
import type { PublicKey } from './keys.ts'
import { noPublishedKeys, parsePublishedKeys } from './published-keys.ts'

/** The result of a lookup: the key, that the issuer has no such key, or that it cannot be known now. */
export type KeyLookup = { readonly key: PublicKey } | { readonly missing: true } | Unavailable

/** The keys of an issuer, fetched as rarely as possible. */
export interface KeySource {
  /** Returns at once if the key is cached. */
  lookup(kid: string | undefined, alg: string): KeyLookup | Promise<KeyLookup>
  /** For a token that `tried` does not verify: the issuer may have another key with the same id by now. */
  lookupAgain(kid: string | undefined, alg: string, tried: PublicKey): KeyLookup | Promise<KeyLookup>
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

/** After a failed fetch the next one may follow after this many milliseconds, if the cooldown is not shorter. */
const retryInterval = 1000
/** The share of `maxAge` after which keys are refreshed in the background. */
const refreshAhead = 0.8

export function createKeySource(options: KeySourceOptions, log: FastifyBaseLogger): KeySource {
  // The query may hold an API key, so the log gets the URL without it.
  const loggedUrl = options.url.split('?', 1)[0]
  let keys = noPublishedKeys
  let text: string | undefined
  let fetchedAt = -Infinity
  let attemptedAt = -Infinity
  /** Why the last fetch failed. */
  let failure: string | undefined
  let generation = 0
  let fetching: Promise<void> | undefined

  /** Most fetches return what the last one did: nothing to read, and no warning to repeat. */
  function read(next: string): void {
    const isNew = next !== text
    if (!isNew && failure === undefined) return
    text = next
    const parsed = parsePublishedKeys(next, (kid, reason) => {
      if (!isNew) return
      const what = 'an issuer publishes a key that must not be used'
      log.warn(
        { url: loggedUrl, kid, reason },
        `auth: ${what}; ignoring the key; ask the issuer to replace it`
      )
    })
    if (!parsed.equals(keys)) generation++
    keys = parsed
  }

  /** Reports each reason once, not with each attempt. */
  function reportFailure(reason: string): void {
    if (reason === failure) return
    failure = reason
    const what = 'the keys of an issuer cannot be fetched'
    log.warn(
      { url: loggedUrl, reason },
      `auth: ${what}; cached keys are used up to "jwksMaxStale"; check its "jwksUrl"`
    )
  }

  async function load(): Promise<void> {
    attemptedAt = performance.now()
    try {
      const response = await fetch(options.url, {
        redirect: 'error',
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(options.timeout)
      })
      read(await readOkText(response, maxKeySetBytes))
      fetchedAt = performance.now()
      if (failure !== undefined) log.info({ url: loggedUrl }, 'auth: the keys of an issuer are there again')
      failure = undefined
    } catch (error) {
      reportFailure(failureReason(error))
    }
  }
  const refresh = (): Promise<void> =>
    (fetching ??= load().finally(() => {
      fetching = undefined
    }))

  const age = (): number => performance.now() - fetchedAt
  const pause = (): number =>
    failure === undefined ? options.cooldown : Math.min(options.cooldown, retryInterval)
  const mayFetch = (): boolean => performance.now() - attemptedAt >= pause()
  const isUsable = (): boolean => age() <= options.maxAge + options.maxStale
  /** Time for a refresh in the background. It depends on the age only: the cooldown is for unknown keys. */
  const isDue = (): boolean =>
    age() > options.maxAge * refreshAhead && fetching === undefined && (failure === undefined || mayFetch())
  /** Too old to be used before the next fetch. While the issuer is down, old keys stay in use. */
  const isOverdue = (): boolean => age() > options.maxAge && failure === undefined

  const cachedKey = (kid: string | undefined, alg: string): PublicKey | undefined =>
    isUsable() ? keys.find(kid, alg) : undefined
  const resultFor = (kid: string | undefined, alg: string): KeyLookup => {
    const key = cachedKey(kid, alg)
    if (key !== undefined) return { key }
    const isKnown = kid !== undefined && keys.has(kid)
    return (failure !== undefined && !isKnown) || !isUsable()
      ? { unavailable: 'keys', retryAfter: Math.max(1, Math.ceil(pause() / 1000)) }
      : { missing: true }
  }

  return {
    lookup(kid, alg) {
      const key = cachedKey(kid, alg)
      if (key !== undefined) {
        if (isOverdue()) return refresh().then(() => resultFor(kid, alg))
        if (isDue()) void refresh()
        return { key }
      }
      if (fetching !== undefined) return fetching.then(() => resultFor(kid, alg))
      return mayFetch() ? refresh().then(() => resultFor(kid, alg)) : resultFor(kid, alg)
    },
    lookupAgain(kid, alg, tried) {
      const replacement = (): KeyLookup | undefined => {
        const key = cachedKey(kid, alg)
        return key === undefined || key.pem === tried.pem ? undefined : { key }
      }
      const found = replacement()
      if (found !== undefined) return found
      // Anybody can send tokens with a wrong signature: they cause no more fetches than unknown keys do.
      const fetched = fetching ?? (mayFetch() ? refresh() : undefined)
      return fetched?.then(() => replacement() ?? { missing: true }) ?? { missing: true }
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
