import { timingSafeEqual } from 'node:crypto'
import { challenge, unauthorized } from '../core/errors.ts'
import { identityOf, type Identity } from '../core/identity.ts'
import type { Scheme } from '../schemes/types.ts'
import { hashKey, keyFormat } from './create.ts'
import type { ApiKeyOptions, ApiKeyRecord } from './options.ts'

const dummyHash = hashKey('')

/** Databases return dates in many forms. One that cannot be read counts as expired: the key must not live for ever. */
function hasExpired({ expiresAt }: ApiKeyRecord): boolean {
  const date: unknown = expiresAt
  if (date === undefined || date === null) return false
  return !(new Date(date as number | string | Date).getTime() > Date.now())
}

/** The scheme `apiKey`: a key in a header, whose record the app finds. */
export function apiKeyScheme({ prefix, header, find }: Required<ApiKeyOptions>, realm: string): Scheme {
  const format = keyFormat(prefix)
  const invalidKey = () =>
    unauthorized(
      'AUTH_INVALID_API_KEY',
      'The API key is not valid',
      challenge('ApiKey', realm, { error: 'invalid_key' })
    )

  async function lookUp(id: string, key: string): Promise<Identity | undefined> {
    const record = await find(id)
    const stored = Buffer.from(record?.hash ?? '', 'base64url')
    // The comparison runs for an unknown key too, so that it takes as long as for a wrong one.
    const hasHash = stored.length === dummyHash.length
    const matches = timingSafeEqual(hashKey(key), hasHash ? stored : dummyHash)
    if (!record || !hasHash || !matches || hasExpired(record)) return undefined
    const { sub, roles = [], scopes = [] } = record
    return identityOf('apiKey', { sub, roles, scopes, keyId: id })
  }

  return {
    name: 'apiKey',
    challenge: challenge('ApiKey', realm),
    identify(request, callback) {
      const key = request.headers[header]
      if (key === undefined) return callback(null)
      const id = typeof key === 'string' ? format.exec(key)?.[1] : undefined
      if (id === undefined) return callback(invalidKey())
      lookUp(id, key as string).then(
        (identity) => (identity === undefined ? callback(invalidKey()) : callback(null, identity)),
        callback
      )
    }
  }
}
