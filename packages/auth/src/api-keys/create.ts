import { createHash, randomBytes } from 'node:crypto'

/**
 * A new key: show `key` once, store `id` and `hash`.
 *
 * @example
 * const { key }: NewApiKey = app.auth.apiKeys.create()
 * console.log(`x-api-key: ${key}`)
 */
export interface NewApiKey {
  key: string
  id: string
  hash: string
}

/**
 * Creates API keys, as `app.auth.apiKeys`.
 *
 * @example
 * const { id, key, hash } = app.auth.apiKeys.create()
 * console.log(`store ${id} and ${hash}, show ${key} once`)
 */
export interface ApiKeys {
  /** Creates a key. Store `id` and `hash` where `find` looks: this package stores nothing. */
  create(): NewApiKey
}

/** A fast hash is enough: a key has 256 random bits, so it cannot be guessed. */
export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest()

/** Matches keys with this prefix and captures their id. */
export const keyFormat = (prefix: string): RegExp =>
  new RegExp(`^${prefix}_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$`)

export function createApiKey(prefix: string): NewApiKey {
  const id = randomBytes(8).toString('hex')
  const key = `${prefix}_${id}_${randomBytes(32).toString('base64url')}`
  return { key, id, hash: hashKey(key).toString('base64url') }
}
