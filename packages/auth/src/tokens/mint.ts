import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { subjectOf } from '@seaworthy/internal'
import type { Audit } from '../core/audit.ts'
import { challenge, unauthorized } from '../core/errors.ts'
import { check } from '../core/option-checks.ts'
import type { Claims } from '../core/token-outcome.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { AuthStore, RefreshToken } from '../stores/store.ts'
import type { ResolvedJwt } from './options.ts'

/** The tokens of a login, named as in OAuth. */
export interface TokenPair {
  accessToken: string
  refreshToken: string
  tokenType: 'Bearer'
  /** The lifetime of the access token in **seconds**. */
  expiresIn: number
}

/** Issues the app's tokens. */
export interface TokenMint {
  /** Starts a login: an access token with these claims and a refresh token. `sub` (or `id`) is required. */
  issueTokens(claims: Claims): Promise<TokenPair>
  /** Returns the next pair for a refresh token. @throws AuthError `AUTH_REFRESH_INVALID` (401). */
  refresh(refreshToken: string): Promise<TokenPair>
  /** Ends the login of a refresh token. */
  endLogin(refreshToken: string): Promise<void>
}

export interface TokenMintDependencies {
  readonly sign: (claims: Claims) => string
  readonly store: AuthStore
  readonly revocations: Revocations
  readonly audit: Audit
  readonly realm: string
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url')
const refreshTokenFormat = /^([0-9a-f-]{36})\.[A-Za-z0-9_-]{43}$/

/** The claims without those that only this package sets. */
function omitReservedClaims(claims: Claims): Claims {
  const { iat: _iat, exp: _exp, nbf: _nbf, jti: _jti, sid: _sid, iat_ms: _iatMs, ...rest } = claims
  return rest
}

/** A refresh token starts with the id of its family, so that the family is found for a token of any age. */
function createRefreshToken(family: string): RefreshToken {
  const text = `${family}.${randomBytes(32).toString('base64url')}`
  return { text, hash: hash(text) }
}

export function createTokenMint(
  options: ResolvedJwt,
  { sign, store, revocations, audit, realm }: TokenMintDependencies
): TokenMint {
  const invalidRefreshToken = () =>
    unauthorized(
      'AUTH_REFRESH_INVALID',
      'The refresh token is not valid',
      challenge('Bearer', realm, { error: 'invalid_token' })
    )

  const createPair = (claims: Claims, family: string, refreshToken: string, issuedAt: number): TokenPair => ({
    accessToken: sign({ ...claims, jti: randomUUID(), sid: family, iat_ms: issuedAt }),
    refreshToken,
    tokenType: 'Bearer',
    expiresIn: options.expiresInSeconds
  })

  /** The claims of the next access token: those of the login, or the current ones of `refreshClaims`. */
  async function currentClaims(family: string, claims: Claims): Promise<Claims> {
    if (options.refreshClaims === undefined) return claims
    const current = await options.refreshClaims(claims)
    if (typeof current === 'object' && current !== null)
      return { ...omitReservedClaims(current as Claims), sub: claims.sub }
    await store.endFamily(family)
    throw invalidRefreshToken()
  }

  return {
    async issueTokens(claims) {
      const subject = subjectOf(claims)
      if (subject === undefined) return check.fail('claims.sub', 'the id of the user', claims.sub)
      const issuedAt = revocations.issueTime(subject)
      const stored = { ...omitReservedClaims(claims), sub: subject, iat_ms: issuedAt }
      const id = randomUUID()
      const token = createRefreshToken(id)
      const endsAt = Date.now() + options.refreshMaxAge
      const family = { id, subject, claims: JSON.stringify(stored), endsAt }
      await store.createFamily(family, token.hash, options.refreshExpiresIn)
      audit.record({ type: 'token_issued', outcome: 'ok', scheme: 'jwt', subject })
      return createPair(stored, id, token.text, issuedAt)
    },

    async refresh(refreshToken) {
      const family = typeof refreshToken === 'string' ? refreshTokenFormat.exec(refreshToken)?.[1] : undefined
      if (family === undefined) throw invalidRefreshToken()
      const startedAt = Date.now()
      const next = createRefreshToken(family)
      const { refreshGrace, refreshExpiresIn } = options
      const rotation = await store.rotateFamily(
        family,
        hash(refreshToken),
        next,
        refreshGrace,
        refreshExpiresIn
      )
      if (rotation.outcome === 'reused') {
        // The token was used twice. One of the two is a thief, so the login ends for both.
        const code = 'AUTH_REFRESH_INVALID'
        audit.record({ type: 'refresh_reused', outcome: 'login_ended', scheme: 'jwt', code })
        await revocations.revoke(`sid:${family}`)
      }
      if (!('claims' in rotation)) throw invalidRefreshToken()

      const { iat_ms: loginAt, ...stored } = JSON.parse(rotation.claims) as Claims
      const claims = await currentClaims(family, stored)
      const { outcome } = rotation
      audit.record({ type: 'token_refreshed', outcome, scheme: 'jwt', subject: String(claims.sub) })
      // The start of the refresh counts: a user who is revoked in the meantime gets a token that is revoked too.
      return createPair(claims, family, rotation.token, Math.max(startedAt, Number(loginAt ?? 0)))
    },

    async endLogin(refreshToken) {
      const family = refreshTokenFormat.exec(refreshToken)?.[1]
      if (family === undefined) return
      await Promise.all([store.endFamily(family), revocations.revoke(`sid:${family}`)])
    }
  }
}
