import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { optionChecks } from '@seaworthy/internal'
import type { Audit } from '../core/audit.ts'
import { AuthError, challenge } from '../core/errors.ts'
import { subjectOf } from '../core/identity.ts'
import type { ResolvedJwt } from './options.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { AuthStore, RefreshToken } from '../stores/store.ts'

/** What a login gives out, named as in OAuth. */
export interface TokenPair {
  accessToken: string
  refreshToken: string
  tokenType: 'Bearer'
  /** How long the access token holds, in **seconds**. */
  expiresIn: number
}

export interface Tokens {
  /** Starts a login: an access token with these claims, and a refresh token. `sub` (or `id`) is needed. */
  issueTokens(claims: Record<string, unknown>): Promise<TokenPair>
  /** Gives the next pair for a refresh token. @throws AuthError `AUTH_REFRESH_INVALID` (401). */
  refresh(refreshToken: string): Promise<TokenPair>
  /** Ends the login of a refresh token. */
  endLogin(refreshToken: string): Promise<void>
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url')
const shape = /^([0-9a-f-]{36})\.[A-Za-z0-9_-]{43}$/

/** Without the claims that only this package may make. */
function appsOwn(claims: Record<string, unknown>): Record<string, unknown> {
  const { iat: _iat, exp: _exp, nbf: _nbf, jti: _jti, sid: _sid, iat_ms: _ms, ...kept } = claims
  return kept
}

/** A refresh token names its family, so that the family is found however old the token is. */
function makeRefresh(family: string): RefreshToken {
  const text = `${family}.${randomBytes(32).toString('base64url')}`
  return { text, hash: hash(text) }
}

export function createTokens(
  options: ResolvedJwt,
  sign: (claims: Record<string, unknown>) => string,
  store: AuthStore,
  revocations: Revocations,
  audit: Audit,
  realm: string
): Tokens {
  const idle = options.refreshExpiresIn * 1000
  const refused = (): AuthError =>
    new AuthError('AUTH_REFRESH_INVALID', 401, 'The refresh token is not valid', {
      headers: { 'www-authenticate': challenge('Bearer', realm, { error: 'invalid_token' }) }
    })
  const pair = (
    claims: Record<string, unknown>,
    family: string,
    refreshToken: string,
    issued: number
  ): TokenPair => {
    const own = { jti: randomUUID(), sid: family, iat_ms: issued }
    return {
      accessToken: sign({ ...claims, ...own }),
      refreshToken,
      tokenType: 'Bearer',
      expiresIn: options.expiresIn
    }
  }

  return {
    async issueTokens(claims) {
      const subject = subjectOf(claims)
      if (subject === undefined)
        return optionChecks('auth').fail('claims.sub', 'the id of the user', claims.sub)
      const issued = revocations.issueTime(subject)
      const own = { ...appsOwn(claims), sub: subject, iat_ms: issued }
      const id = randomUUID()
      const token = makeRefresh(id)
      const endsAt = Date.now() + options.refreshMaxAge * 1000
      await store.createFamily({ id, subject, claims: JSON.stringify(own), endsAt }, token.hash, idle)
      audit.record({ type: 'token_issued', outcome: 'ok', scheme: 'jwt', subject })
      return pair(own, id, token.text, issued)
    },

    async refresh(refreshToken) {
      const family = typeof refreshToken === 'string' ? shape.exec(refreshToken)?.[1] : undefined
      if (family === undefined) throw refused()
      const asked = Date.now()
      const result = await store.rotateFamily(
        family,
        hash(refreshToken),
        makeRefresh(family),
        options.refreshGrace,
        idle
      )
      if (result.outcome === 'reused') {
        // Somebody else has used it: thief or owner, both are out.
        audit.record({
          type: 'refresh_reused',
          outcome: 'login_ended',
          scheme: 'jwt',
          code: 'AUTH_REFRESH_INVALID'
        })
        await revocations.revoke(`sid:${family}`)
      }
      if (!('claims' in result)) throw refused()

      const { iat_ms: since, ...kept } = JSON.parse(result.claims) as Record<string, unknown>
      let claims = kept
      if (options.refreshClaims) {
        const fresh = await options.refreshClaims(claims)
        if (typeof fresh !== 'object' || fresh === null) {
          await store.endFamily(family)
          throw refused()
        }
        claims = { ...appsOwn(fresh as Record<string, unknown>), sub: claims.sub }
      }
      audit.record({
        type: 'token_refreshed',
        outcome: result.outcome,
        scheme: 'jwt',
        subject: String(claims.sub)
      })
      // As of when it was asked for, or a user who is ended meanwhile would get a token that outlives it.
      return pair(claims, family, result.token, Math.max(asked, Number(since ?? 0)))
    },

    async endLogin(refreshToken) {
      const family = shape.exec(refreshToken)?.[1]
      if (family === undefined) return
      await Promise.all([store.endFamily(family), revocations.revoke(`sid:${family}`)])
    }
  }
}
