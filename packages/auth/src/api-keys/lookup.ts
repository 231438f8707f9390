import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { AuthError, challenge } from '../core/errors.ts'
import { identityOf, type Identity } from '../core/identity.ts'
import type { ApiKeyOptions, ApiKeyRecord } from './options.ts'
import type { Scheme } from '../schemes/compile.ts'

/** A new key: show `key` once, keep `id` and `hash`. */
export interface NewApiKey {
  key: string
  id: string
  hash: string
}

export interface ApiKeys {
  /** Makes a key. Nothing is stored: keep `id` and `hash` where `find` looks. */
  create(): NewApiKey
}

// Keys are 256 random bits, so a fast hash suffices: there is nothing to guess.
const digest = (key: string): Buffer => createHash('sha256').update(key).digest()
const nobody = digest('')

/** Dates come from databases in many forms: one that can't be read has ended, or the key would live for ever. */
function hasEnded({ expiresAt }: ApiKeyRecord): boolean {
  const given: unknown = expiresAt
  if (given === undefined || given === null) return false
  return !(new Date(given as number | string | Date).getTime() > Date.now())
}

export function createApiKeys(
  { prefix, header, find }: Required<ApiKeyOptions>,
  realm: string
): ApiKeys & { scheme: Scheme } {
  const shape = new RegExp(`^${prefix}_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$`)
  const refused = (): AuthError =>
    new AuthError('AUTH_INVALID_API_KEY', 401, 'The API key is not valid', {
      headers: { 'www-authenticate': challenge('ApiKey', realm, { error: 'invalid_key' }) }
    })

  const scheme: Scheme = {
    name: 'apiKey',
    challenge: challenge('ApiKey', realm),
    identify(request, found) {
      const key = request.headers[header]
      if (key === undefined) return found(null)
      const id = typeof key === 'string' ? shape.exec(key)?.[1] : undefined
      if (id === undefined) return found(refused())
      const decide = async (): Promise<Identity | undefined> => {
        const record = await find(id)
        const stored = Buffer.from(record?.hash ?? '', 'base64url')
        // An unknown key costs the same as a wrong one.
        const known = stored.length === nobody.length
        const same = timingSafeEqual(digest(key as string), known ? stored : nobody)
        if (!record || !known || !same || hasEnded(record)) return undefined
        const { sub, roles = [], scopes = [] } = record
        return identityOf('apiKey', { sub, roles, scopes, keyId: id })
      }
      decide().then(
        (identity) => (identity === undefined ? found(refused()) : found(null, identity)),
        (error: Error) => found(error)
      )
    }
  }

  return {
    scheme,
    create() {
      const id = randomBytes(8).toString('hex')
      const key = `${prefix}_${id}_${randomBytes(32).toString('base64url')}`
      return { key, id, hash: digest(key).toString('base64url') }
    }
  }
}
