import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { subjectOf } from '@seaworthy/internal'
import type { Audit } from '../core/audit.ts'
import { challenge, unauthorized } from '../core/errors.ts'
import { check } from '../core/option-checks.ts'
import type { Claims } from '../core/token-outcome.ts'
import type { TokenBinding } from '../dpop/binding.ts'
import type { ProviderLogins } from '../revocation/provider-logins.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { AuthStore, PresentedToken, RefreshToken } from '../stores/store.ts'
import type { AnyRequest } from '../types/requests.ts'
import type { ResolvedJwt } from './options.ts'

/**
 * The tokens of a login, named as in OAuth.
 *
 * @example
 * const { accessToken, expiresIn }: TokenPair = await app.auth.issueTokens({ sub: 'ada' })
 * console.log(accessToken, `is valid for ${expiresIn} seconds`)
 */
export interface TokenPair {
  accessToken: string
  refreshToken: string
  /** `DPoP` if the tokens are bound to the key of the client. */
  tokenType: 'Bearer' | 'DPoP'
  /** The lifetime of the access token in **seconds**. */
  expiresIn: number
}

/** Issues the app's tokens. */
export interface TokenMint {
  /** Starts a login: an access token with these claims and a refresh token. `sub` (or `id`) is required. */
  issueTokens(claims: Claims, request?: AnyRequest): Promise<TokenPair>
  /** Returns the next pair for a refresh token. @throws AuthError `AUTH_REFRESH_INVALID` (401). */
  refresh(refreshToken: string, request?: AnyRequest): Promise<TokenPair>
  /** Ends the login of a refresh token. */
  endLogin(refreshToken: string): Promise<void>
}

export interface TokenMintDependencies {
  readonly sign: (claims: Claims) => string
  /** The keys that have signed valid tokens: the current one first. */
  readonly signingKeys: () => readonly (string | Buffer)[]
  readonly store: AuthStore
  readonly revocations: Revocations
  readonly audit: Audit
  readonly realm: string
  /** With the option `jwt.dpop`. */
  readonly binding: TokenBinding | undefined
  /** If a provider has the option `logout`. */
  readonly logins: ProviderLogins | undefined
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url')
const refreshTokenFormat = /^([0-9a-f-]{36})\.([A-Za-z0-9_-]{22})([A-Za-z0-9_-]{22})$/
/** Whether a text has the form of a refresh token. */
export const isRefreshToken = (text: string): boolean => refreshTokenFormat.test(text)
/** 128 bits that only this service can make: a family is known by it also after the store has lost it. */
const familyProof = (id: string, key: string | Buffer): string =>
  createHmac('sha256', key).update(`refresh token of ${id}`).digest('base64url').slice(0, 22)
const isSame = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(one), Buffer.from(other))
/** 128 random bits. */
const randomText = (): string => randomBytes(16).toString('base64url')

/** The claims without those that only this package sets. */
function omitReservedClaims(claims: Claims): Claims {
  const { iat: _iat, exp: _exp, nbf: _nbf, jti: _jti, sid: _sid, iat_ms: _iatMs, ...rest } = claims
  return rest
}

/**
 * A refresh token is the id of its family, the family's proof and a random text. The family is found for a token of any
 * age. The id is no secret, because access tokens have it as `sid`: only the proof shows that a token was issued.
 */
function createRefreshToken(family: string, proof: string): RefreshToken {
  const text = `${family}.${proof}${randomText()}`
  return { text, hash: hash(text) }
}

/** The family of a refresh token, its proof, and the hashes for the store. */
function parseRefreshToken(
  token: unknown
): { family: string; proof: string; presented: PresentedToken } | undefined {
  const [text, family, proof] = (typeof token === 'string' ? refreshTokenFormat.exec(token) : null) ?? []
  return family === undefined || proof === undefined
    ? undefined
    : { family, proof, presented: { hash: hash(text!), proof: hash(proof) } }
}

const needsProof = 'The request needs a proof in the header DPoP'

/** Whether tokens with these claims are bound to a key. */
const isBound = ({ cnf }: Claims): boolean =>
  typeof cnf === 'object' && cnf !== null && typeof (cnf as { jkt?: unknown }).jkt === 'string'

export function createTokenMint(
  options: ResolvedJwt,
  { sign, signingKeys, store, revocations, audit, realm, binding, logins }: TokenMintDependencies
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
    tokenType: isBound(claims) ? 'DPoP' : 'Bearer',
    expiresIn: options.expiresInSeconds
  })

  /** The claims of the next access token: those of the login, or the current ones of `refreshClaims`. */
  async function currentClaims(family: string, claims: Claims): Promise<Claims> {
    if (options.refreshClaims === undefined) return claims
    const current = await options.refreshClaims(claims)
    if (typeof current === 'object' && current !== null) {
      const { acr, amr, auth_time, cnf } = claims
      // A refresh is no login: how and when the user authenticated stays.
      return {
        ...(acr === undefined ? {} : { acr }),
        ...(amr === undefined ? {} : { amr }),
        ...omitReservedClaims(current as Claims),
        ...(cnf === undefined ? {} : { cnf }),
        sub: claims.sub,
        auth_time
      }
    }
    await store.endFamily(family)
    throw invalidRefreshToken()
  }

  /** The thumbprint of the key that a request proves. */
  async function keyOf(request: AnyRequest | undefined, name: string): Promise<string | undefined> {
    if (binding === undefined) return undefined
    if (request === undefined && binding.required)
      throw new Error(
        `auth: "jwt.dpop.required" binds each token to the key of a request: call ${name} with the request`
      )
    return request === undefined ? undefined : binding.keyOf(request)
  }

  return {
    async issueTokens(claims, request) {
      const subject = subjectOf(claims)
      if (subject === undefined) return check.fail('claims.sub', 'the id of the user', claims.sub)
      const thumbprint = await keyOf(request, 'issueTokens(claims, request)')
      if (thumbprint === undefined && binding?.required === true) throw binding.errors.required(needsProof)
      const issuedAt = revocations.issueTime(subject)
      const now = Math.floor(Date.now() / 1000)
      const stored = {
        auth_time: now,
        ...omitReservedClaims(claims),
        ...(thumbprint === undefined ? {} : { cnf: { jkt: thumbprint } }),
        sub: subject,
        iat_ms: issuedAt
      }
      const id = randomUUID()
      const proof = familyProof(id, signingKeys()[0]!)
      const token = createRefreshToken(id, proof)
      const endsAt = Date.now() + options.refreshMaxAge
      const login = request && logins?.of(request)
      const sets = login && logins?.setsOf(login)
      const family = { id, subject, claims: JSON.stringify(stored), endsAt, thumbprint, sets }
      // Before the family is there, so that no logout can miss it.
      if (request !== undefined) await logins?.linkFamily(request, id, options.refreshMaxAge)
      await store.createFamily(family, { hash: token.hash, proof: hash(proof) }, options.refreshExpiresIn)
      audit.record({ type: 'token_issued', outcome: 'ok', scheme: 'jwt', subject })
      return createPair(stored, id, token.text, issuedAt)
    },

    async refresh(refreshToken, request) {
      const parsed = parseRefreshToken(refreshToken)
      if (parsed === undefined) throw invalidRefreshToken()
      const { family, proof } = parsed
      // Invented tokens cost no signature, and no entry in the memory of proofs.
      const isProven = binding !== undefined && request?.headers.dpop !== undefined
      if (isProven && !(await store.hasFamily(family, parsed.presented.proof))) throw invalidRefreshToken()
      const thumbprint = await keyOf(request, 'refresh(refreshToken, request)')
      const presented = { ...parsed.presented, thumbprint }
      const startedAt = Date.now()
      const next = createRefreshToken(family, proof)
      const { refreshGrace, refreshExpiresIn } = options
      const rotation = await store.rotateFamily(family, presented, next, refreshGrace, refreshExpiresIn)
      if (rotation.outcome === 'other_key' && thumbprint === undefined && binding !== undefined)
        throw binding.errors.required(needsProof)
      if (rotation.outcome === 'reused') {
        // The token was used twice. One of the two is a thief, so the login ends for both.
        const code = 'AUTH_REFRESH_INVALID'
        audit.record({ type: 'refresh_reused', outcome: 'login_ended', scheme: 'jwt', code })
        await revocations.revoke('sid', family)
      }
      if (!('claims' in rotation)) throw invalidRefreshToken()

      const { iat_ms: loginAt, ...stored } = JSON.parse(rotation.claims) as Claims
      // The store lists the families of a user, and a Redis that is full may drop the list.
      if (revocations.isRevoked({ sub: stored.sub, iat_ms: loginAt, sid: family }, options.issuer)) {
        await store.endFamily(family)
        throw invalidRefreshToken()
      }
      if (binding?.required === true && !isBound(stored)) {
        // A login of the time before the option was set: the client logs in again, with a key.
        await store.endFamily(family)
        throw binding.errors.required('A token that is bound to a key is required')
      }
      const claims = await currentClaims(family, stored)
      const { outcome } = rotation
      audit.record({ type: 'token_refreshed', outcome, scheme: 'jwt', subject: String(claims.sub) })
      // The start of the refresh counts: a user who is revoked in the meantime gets a token that is revoked too.
      return createPair(claims, family, rotation.token, Math.max(startedAt, Number(loginAt ?? 0)))
    },

    async endLogin(refreshToken) {
      const parsed = parseRefreshToken(refreshToken)
      if (parsed === undefined) return
      const { family, proof, presented } = parsed
      // A token without proof was never issued. A login that has ended has no tokens left, unless Redis has lost it.
      const isLost = (): boolean =>
        signingKeys().some((key) => isSame(familyProof(family, key), proof)) &&
        !revocations.isRevoked({ sid: family }, options.issuer)
      if (!(await store.hasFamily(family, presented.proof)) && !isLost()) return
      // In this order, so that a call after one that failed still finds the family.
      await revocations.revoke('sid', family)
      await store.endFamily(family)
    }
  }
}
