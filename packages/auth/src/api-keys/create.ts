import { randomBytes } from 'node:crypto'
import type { Audit } from '../core/audit.ts'
import { check, daySeconds, milliseconds } from '../core/option-checks.ts'
import { hashKey, isKeyId, newKeyText } from './key-text.ts'

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
 * A new key, and the members to store in the record of the key that it replaces.
 *
 * @example
 * const { id, hash, key, old }: RotatedApiKey = app.auth.apiKeys.rotate({ id: '0123456789abcdef' }, '7 days')
 * console.log(`store ${id} and ${hash}, show ${key}; ${old.id} expires at ${old.expiresAt}`)
 */
export interface RotatedApiKey extends NewApiKey {
  old: {
    id: string
    replacedBy: string
    /** Until when the old key is valid, in **milliseconds** since 1970. */
    expiresAt: number
  }
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
  /**
   * Creates the key that replaces another one, which stays valid for `overlap`: milliseconds from 0 to 366 days, or a text
   * with a unit (`'7 days'`). Store the new key with the owner and scopes of the old one, and `old` in the old record. The
   * old key never lives longer than its `expiresAt`.
   */
  rotate(
    old: { id: string; expiresAt?: number | string | Date | null | undefined },
    overlap: number | string
  ): RotatedApiKey
}

export function createApiKey(prefix: string): NewApiKey {
  const id = randomBytes(8).toString('hex')
  const key = newKeyText(prefix, id)
  return { key, id, hash: hashKey(key).toString('base64url') }
}

/** The expiry of the old key, in the forms in which databases return dates. */
function expiryOf(expiresAt: unknown): number {
  if (expiresAt === undefined || expiresAt === null) return Infinity
  const end = new Date(expiresAt as number | string | Date).getTime()
  return Number.isNaN(end) ? check.fail('apiKeys.rotate expiresAt', 'a date', expiresAt) : end
}

export function rotateApiKey(prefix: string, audit: Audit): ApiKeys['rotate'] {
  return ({ id, expiresAt }, overlap) => {
    if (!isKeyId(id)) check.fail('apiKeys.rotate', "called with a key's id, 16 hexadecimal digits", id)
    const until = Date.now() + milliseconds('apiKeys.rotate overlap', overlap, 0, 366 * daySeconds * 1000)
    const created = createApiKey(prefix)
    const old = { id, replacedBy: created.id, expiresAt: Math.min(until, expiryOf(expiresAt)) }
    const event = { type: 'api_key', outcome: 'rotated', scheme: 'apiKey' } as const
    audit.record({ ...event, keyId: id, expiresAt: old.expiresAt })
    return { ...created, old }
  }
}
