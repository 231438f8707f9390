import { createPublicKey, type JsonWebKey } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { reasonOf } from '../core/failure-reason.ts'
import { publicKeyOf, weakness, type PublicKey } from './keys.ts'
import { limitedText } from '../core/limited-body.ts'

/** What a lookup gives: the key, that the issuer has none of this name, or that it can't be known now. */
export type Lookup = { key: PublicKey } | { missing: true } | { unavailable: number }

/** The keys of an issuer, fetched as seldom as possible. */
export interface KeySource {
  /** At once where the key is known. */
  lookup(kid: string | undefined): Lookup | Promise<Lookup>
  /** Counts up with each change of keys, so that what was verified with a removed key is verified again. */
  readonly generation: number
  /** Whether what was verified at a generation of keys still holds without a look at them. */
  holds(generation: number): boolean
  /** Milliseconds since the keys were last fetched; undefined: never. */
  age(): number | undefined
  warmUp(): void
}

export interface JwksOptions {
  url: string
  /** All in milliseconds. */
  maxAge: number
  cooldown: number
  maxStale: number
  timeout: number
}

function parseKeys(text: string, log: FastifyBaseLogger): Map<string, PublicKey> {
  const { keys } = JSON.parse(text) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('no "keys"')
  const found = new Map<string, PublicKey>()
  for (const jwk of keys as (JsonWebKey & { kid?: string; use?: string; alg?: string })[]) {
    if ((jwk.use !== undefined && jwk.use !== 'sig') || !['RSA', 'EC', 'OKP'].includes(String(jwk.kty)))
      continue
    try {
      const key = createPublicKey({ key: jwk, format: 'jwk' })
      const weak = weakness(key)
      if (weak === undefined) found.set(jwk.kid ?? '', publicKeyOf(key, jwk.alg))
      else log.warn({ kid: jwk.kid }, `auth: a key of the issuer is not used: ${weak}`)
    } catch {
      log.warn({ kid: jwk.kid }, 'auth: a key of the issuer is not used: it cannot be read')
    }
  }
  if (found.size === 0) throw new Error('no usable key')
  return found
}

export function createKeySource(options: JwksOptions, log: FastifyBaseLogger): KeySource {
  // Without the query, which may hold a key of the service's own.
  const shown = options.url.split('?', 1)[0]
  let keys = new Map<string, PublicKey>()
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
      if (response.status !== 200) {
        await response.body?.cancel()
        throw new Error(`status ${response.status}`)
      }
      const next = parseKeys(await limitedText(response), log)
      if (changed(keys, next)) generation++
      keys = next
      fetchedAt = performance.now()
      failed = false
    } catch (error) {
      failed = true
      log.warn({ url: shown, reason: reasonOf(error) }, 'auth: the keys of an issuer cannot be fetched')
    }
  }
  const refresh = (): Promise<void> =>
    (fetching ??= load().finally(() => {
      fetching = undefined
    }))
  // After a failure sooner than after a success, but not with every request.
  const pause = (): number => (failed ? Math.min(options.cooldown, 1000) : options.cooldown)
  const mayFetch = (): boolean => performance.now() - attemptedAt >= pause()
  const usable = (): boolean => performance.now() - fetchedAt <= options.maxAge + options.maxStale
  /** Refreshed ahead, in the background: by age alone, the cooldown is for keys that nobody knows. */
  const due = (): boolean =>
    performance.now() - fetchedAt > options.maxAge * 0.8 && fetching === undefined && (!failed || mayFetch())
  /** Too old to be taken as current before the issuer was asked; while it is known to be down, they serve on. */
  const overdue = (): boolean => performance.now() - fetchedAt > options.maxAge && !failed

  const known = (kid: string | undefined): PublicKey | undefined => {
    if (!usable()) return undefined
    if (kid !== undefined) return keys.get(kid)
    // Without a name only a single key can be meant.
    return keys.size === 1 ? keys.values().next().value : undefined
  }
  const unknown = (): Lookup =>
    failed || !usable() ? { unavailable: Math.max(1, Math.ceil(pause() / 1000)) } : { missing: true }

  return {
    lookup(kid) {
      const key = known(kid)
      if (key !== undefined) {
        if (overdue()) return refresh().then(() => settle(kid))
        if (due()) void refresh()
        return { key }
      }
      if (fetching !== undefined) return fetching.then(() => settle(kid))
      return mayFetch() ? refresh().then(() => settle(kid)) : unknown()
    },
    get generation() {
      return generation
    },
    // Refreshed ahead by what is remembered too, or a removed key would serve as long as nothing new comes.
    holds: (verifiedAt) => verifiedAt === generation && usable() && !overdue() && !due(),
    age: () => (fetchedAt === -Infinity ? undefined : performance.now() - fetchedAt),
    warmUp: () => void refresh()
  }

  function settle(kid: string | undefined): Lookup {
    const key = known(kid)
    return key === undefined ? unknown() : { key }
  }
}

function changed(before: ReadonlyMap<string, PublicKey>, after: ReadonlyMap<string, PublicKey>): boolean {
  return before.size !== after.size || [...before].some(([kid, { pem }]) => after.get(kid)?.pem !== pem)
}
