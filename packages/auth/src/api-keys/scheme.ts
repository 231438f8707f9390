import { timingSafeEqual } from 'node:crypto'
import { BoundedMap, clientNetwork } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import { challenge, tooManyAttempts, unauthorized } from '../core/errors.ts'
import { identityOf, type Identity } from '../core/identity.ts'
import type { IdentifyCallback, Scheme } from '../schemes/types.ts'
import { GuessCounter } from './guess-counter.ts'
import { hashKey, keyReader } from './key-text.ts'
import type { KeyUses } from './key-uses.ts'
import type { ApiKeyRecord, ResolvedApiKeys } from './options.ts'
import type { KeyQuotas } from './quotas.ts'

const dummyHash = hashKey('')
/** Keys that were valid not long ago: an attacker at their address does not keep them out. */
const maxVerified = 10_000
/** Milliseconds in which attempts are counted. */
const attemptWindow = 60_000

/**
 * When a key expires, in milliseconds. Databases return dates in many forms. One that cannot be read counts as past, and so
 * does none for a key that was replaced: it must not live for ever.
 */
function expiryOf({ expiresAt, replacedBy }: ApiKeyRecord): number {
  const date: unknown = expiresAt
  const hasEnd = date !== undefined && date !== null
  if (!hasEnd) return replacedBy === undefined || replacedBy === null ? Infinity : -Infinity
  const end = new Date(date as number | string | Date).getTime()
  return Number.isNaN(end) ? -Infinity : end
}

/** The scheme `apiKey`: a key in a header, whose record the app finds. */
export function apiKeyScheme(
  { prefix, header, find, attempts }: ResolvedApiKeys,
  realm: string,
  { quotas, uses }: { quotas: KeyQuotas; uses: KeyUses }
): Scheme {
  const idOf = keyReader(prefix)
  const guesses = new GuessCounter(attempts, attemptWindow)
  const verified = new BoundedMap<true>(maxVerified)
  const invalidKey = () =>
    unauthorized(
      'AUTH_INVALID_API_KEY',
      'The API key is not valid',
      challenge('ApiKey', realm, { error: 'invalid_key' })
    )

  /** The record, if the key is its key. */
  async function lookUp(id: string, hash: Buffer): Promise<ApiKeyRecord | undefined> {
    const record = await find(id)
    const stored = Buffer.from(record?.hash ?? '', 'base64url')
    // The comparison runs for an unknown key too, so that it takes as long as for a wrong one.
    const hasHash = stored.length === dummyHash.length
    const matches = timingSafeEqual(hash, hasHash ? stored : dummyHash)
    return record && hasHash && matches ? record : undefined
  }

  /** The identity of a record, unless it has expired. */
  function accept(record: ApiKeyRecord, id: string, request: FastifyRequest): Identity | undefined {
    const { sub, roles = [], scopes = [], quota, replacedBy } = record
    const end = expiryOf(record)
    if (!(end > Date.now())) {
      uses.noteExpired(id, sub, request)
      return undefined
    }
    quotas.note(request, id, quota)
    uses.noteUse(id, sub, replacedBy ? end : undefined, request)
    return identityOf('apiKey', { sub, roles, scopes, keyId: id })
  }

  function identify(request: FastifyRequest, callback: IdentifyCallback): void {
    const key = request.headers[header]
    if (key === undefined) return callback(null)
    const id = idOf(key)
    if (id === undefined) return callback(invalidKey())
    const hash = hashKey(key as string)
    const digest = hash.toString('base64url')
    // Counted before the work, and given back if it was no guess: otherwise guesses at the same time would all be free.
    const network = verified.get(digest) ? undefined : clientNetwork(request.ip)
    const wait = network === undefined ? 0 : guesses.take(network)
    if (wait > 0) return callback(tooManyAttempts(wait))
    const wasNoGuess = (): void => {
      if (network !== undefined) guesses.giveBack(network)
    }

    const onRecord = (record: ApiKeyRecord | undefined): Identity | undefined => {
      const identity = record && accept(record, id, request)
      if (identity === undefined) verified.delete(digest)
      else {
        if (network !== undefined) verified.set(digest, true)
        wasNoGuess()
      }
      return identity
    }
    lookUp(id, hash)
      .then(onRecord)
      .then(
        (identity) => (identity === undefined ? callback(invalidKey()) : callback(null, identity)),
        (error: unknown) => {
          // Without a response of the database the attempt was no guess. It never counts as a request without a key.
          wasNoGuess()
          callback(error instanceof Error ? error : new Error('"apiKeys.find" failed', { cause: error }))
        }
      )
  }

  return { name: 'apiKey', challenge: challenge('ApiKey', realm), identify }
}
