import type { Secret } from '@seaworthy/internal'
import type { Audit } from '../core/audit.ts'
import { check } from '../core/option-checks.ts'
import { strongSecret, type SymmetricKey } from '../core/strong-secret.ts'
import { keyBytes, type ResolvedSession } from '../sessions/options.ts'
import type { SessionFeature } from '../sessions/register.ts'
import { deriveKey } from '../sessions/session-keys.ts'
import type { ResolvedJwt } from '../tokens/options.ts'
import type { TokenFeature } from '../tokens/register.ts'
import { resolveSigningKeys } from '../tokens/signing-keys.ts'

/**
 * The argument of `app.auth.rotateKeys`: new keys, of the kinds that the options have. A key that is left out stays.
 *
 * @example
 * const next: NewKeys = { jwt: process.env['NEXT_JWT_SECRET']! }
 * await app.auth.rotateKeys(next)
 */
export interface NewKeys {
  /** For `jwt.secret` a secret, for `jwt.key` a private key in PEM. */
  jwt?: SymmetricKey | undefined
  /** For `session.key` a key, for `session.secret` a secret. */
  session?: string | Secret | Buffer | undefined
}

export interface RotationDependencies {
  readonly jwt: ResolvedJwt | undefined
  readonly session: ResolvedSession | undefined
  readonly tokens: Pick<TokenFeature, 'accept'> | undefined
  readonly sessions: Pick<SessionFeature, 'accept'> | undefined
  readonly audit: Audit
  /** Called with the secret of each new key. */
  readonly onRotated: (secret: string | Buffer) => void
}

/** Accepts what new keys have made. The returned function lets them sign and seal. */
export type AcceptKeys = (keys: NewKeys) => Promise<() => void>

/**
 * Makes the function that checks new keys and accepts them; those before verify what they have made.
 *
 * @throws RangeError with the code `INVALID_OPTION` for a key that the options would not take; then no key changes.
 */
export function createAcceptKeys(dependencies: RotationDependencies): AcceptKeys {
  const { jwt, session, tokens, sessions, audit, onRotated } = dependencies

  function newTokenKey(value: SymmetricKey) {
    if (!jwt || !tokens?.accept)
      return check.failWith('rotateKeys.jwt', 'left out without a key of the app', 'one')
    const { algorithm } = jwt
    const isSymmetric = algorithm.startsWith('HS')
    return resolveSigningKeys(
      isSymmetric ? { secret: value, algorithm } : { key: value as string, algorithm }
    ).keys[0]!
  }

  function newSessionKey(value: string | Secret | Buffer): Buffer | Promise<Buffer> {
    if (!session) return check.failWith('rotateKeys.session', 'left out without "session"', 'one')
    if (session.key !== undefined) return keyBytes(value)
    return deriveKey(strongSecret('session.secret', value), session.salt)
  }

  return async (keys) => {
    check.object('rotateKeys', keys)
    check.keys('rotateKeys', keys, ['jwt', 'session'])
    const tokenKey = keys.jwt === undefined ? undefined : newTokenKey(keys.jwt)
    const sessionKey = keys.session === undefined ? undefined : await newSessionKey(keys.session)
    const promoteToken = tokenKey && (await tokens!.accept!(tokenKey))
    const promoteSession = sessionKey && (await sessions!.accept(sessionKey))
    return () => {
      if (tokenKey && promoteToken) {
        promoteToken()
        onRotated(tokenKey.sign)
        audit.record({ type: 'key_rotated', outcome: 'ok', scheme: 'jwt' })
      }
      if (sessionKey && promoteSession) {
        promoteSession()
        onRotated(sessionKey)
        audit.record({ type: 'key_rotated', outcome: 'ok', scheme: 'session' })
      }
    }
  }
}
