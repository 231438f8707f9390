import { hash } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { jwtVerify } from 'jose/jwt/verify'
import { importSPKI } from 'jose/key/import'
import type { AuthStore } from '../stores/store.ts'
import type { SignatureAlgorithm } from '../tokens/algorithms.ts'
import { decodeUnverified, isCanonical } from '../core/token-text.ts'
import { jwksDefaults } from '../tokens/issuer-options.ts'
import { createKeySource, type KeySource } from '../tokens/jwks.ts'
import { logoutFault, type LogoutAudience } from './logout-claims.ts'
import type { EndedLogins } from '../revocation/provider-logins.ts'

/** Milliseconds for which the id of a logout token is kept: longer than the token can be valid. */
const lifetime = 660_000
const maxLength = 8192
const format = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** A logout token that is not valid. The message is for the log. */
export class InvalidLogoutToken extends Error {}

/** The metadata of a provider. */
export interface PublishedMetadata {
  readonly issuer: string
  readonly jwksUrl: string
}

export interface LogoutTokenDependencies extends Omit<LogoutAudience, 'issuer'> {
  readonly metadata: () => Promise<PublishedMetadata>
  readonly store: AuthStore
  readonly log: FastifyBaseLogger
}

/** A verified logout token, which counts as used. */
export interface VerifiedLogout {
  readonly logins: EndedLogins
  /** Makes the token valid again, because the logout has failed. */
  release(): Promise<void>
}

/** Verifies logout tokens of one provider. Rejects with {@link InvalidLogoutToken}, or with why it cannot verify. */
export function createVerifyLogout({
  metadata,
  store,
  log,
  clientId,
  tokenType
}: LogoutTokenDependencies): (token: unknown) => Promise<VerifiedLogout> {
  let source: KeySource | undefined

  async function verifySignature(token: string, kid: unknown, alg: string, jwksUrl: string): Promise<void> {
    const { jwksMaxAge: maxAge, jwksCooldown: cooldown, jwksMaxStale: maxStale } = jwksDefaults
    source ??= createKeySource(
      { url: jwksUrl, maxAge, cooldown, maxStale, timeout: jwksDefaults.jwksTimeout },
      log
    )
    const isKeyId = kid === undefined || (typeof kid === 'string' && kid.length <= 256)
    const lookup = isKeyId ? await source.lookup(kid, alg) : { missing: true }
    if ('unavailable' in lookup) throw new Error("the provider's keys are not available")
    if (!('key' in lookup)) throw new InvalidLogoutToken('no key of the provider verifies it')
    const verifyWith = async (pem: string): Promise<unknown> =>
      jwtVerify(token, await importSPKI(pem, alg), { algorithms: [alg], clockTolerance: 60 })
    const { key } = lookup
    await verifyWith(key.pem)
      .catch(async (error: { code?: string }) => {
        if (error.code !== 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') throw error
        const next = await source!.lookupAgain(kid as string | undefined, alg, key)
        if (!('key' in next)) throw error
        return verifyWith(next.key.pem)
      })
      .catch(() => {
        throw new InvalidLogoutToken('its signature is not valid, or it has expired')
      })
  }

  return async (token) => {
    if (typeof token !== 'string' || token.length > maxLength || !format.test(token) || !isCanonical(token))
      throw new InvalidLogoutToken('no token')
    const header = decodeUnverified(token, 'header')
    const claims = decodeUnverified(token, 'claims')
    const { issuer, jwksUrl } = await metadata()
    const fault = logoutFault(header, claims, { issuer, clientId, tokenType })
    if (fault !== undefined) throw new InvalidLogoutToken(fault)
    const { kid, alg } = header as { kid?: unknown; alg: SignatureAlgorithm }
    await verifySignature(token, kid, alg, jwksUrl)
    const { jti, sid, sub } = claims as { jti: string; sid?: string; sub?: string }
    const id = `logout:${hash('sha256', JSON.stringify([issuer, clientId, jti]), 'base64url')}`
    if (!(await store.useOnce(id, lifetime))) throw new InvalidLogoutToken('it was used before')
    return { logins: { issuer, sid, subject: sub }, release: () => store.forgetUse(id) }
  }
}
