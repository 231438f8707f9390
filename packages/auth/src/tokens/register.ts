import type { FastifyInstance, FastifyRequest } from 'fastify'
import { loadAfterStart } from '@seaworthy/internal'
import { meterPort, whenProvided, type Meter } from '@seaworthy/contract'
import type { Audit } from '../core/audit.ts'
import { unauthorized } from '../core/errors.ts'
import { RotatingKeys } from '../core/rotating-keys.ts'
import type { TokenBinding } from '../dpop/binding.ts'
import type { ProviderLogins } from '../revocation/provider-logins.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { Scheme } from '../schemes/types.ts'
import type { AuthStore } from '../stores/store.ts'
import { registerJwtAdapter } from './fastify-jwt-adapter.ts'
import { fastJwt } from '../fast-jwt.cjs'
import { isSymmetric } from './algorithms.ts'
import { createIssuerRegistry, keyLifetime, type IssuerRegistry } from './issuer-registry.ts'
import { createJwtVerify } from './jwt-verify.ts'
import { createTokenMint, type TokenMint } from './mint.ts'
import type { ResolvedJwt } from './options.ts'
import { challengesOf, tokenOf, tokenScheme } from './scheme.ts'
import type { SigningKey } from './signing-keys.ts'
import { createTokenVerifier, type TokenVerifier } from './verifier.ts'

export interface TokenFeature {
  readonly scheme: Scheme
  /** Reads no cookie. */
  readonly headerScheme: Scheme
  readonly verifier: TokenVerifier
  /** Only if the app has a key. */
  readonly mint: TokenMint | undefined
  /** With the option `jwt.dpop`. */
  readonly binding: TokenBinding | undefined
  /**
   * Accepts tokens of a new key. The returned function lets it sign; there is none for the current key. Only if the app has
   * a key.
   */
  readonly accept: ((next: SigningKey) => Promise<(() => void) | undefined>) | undefined
}

export interface TokenDependencies {
  readonly realm: string
  readonly store: AuthStore
  readonly revocations: Revocations
  readonly audit: Audit
  /** The memory of this process. */
  readonly local: AuthStore
  /** If a provider has the option `logout`. */
  readonly logins: ProviderLogins | undefined
}

/** Registers what the option `jwt` brings. Loaded only if it is set. */
export async function registerTokens(
  fastify: FastifyInstance,
  jwt: ResolvedJwt,
  { realm, store, revocations, audit, local, logins }: TokenDependencies
): Promise<TokenFeature> {
  if (jwt.cookie !== undefined && !fastify.hasPlugin('@fastify/cookie')) {
    const { default: cookie } = await import('@fastify/cookie')
    await fastify.register(cookie)
  }

  const introspection =
    jwt.introspected &&
    (await import('../introspection/introspection.ts')).createIntrospection(
      jwt.introspected,
      jwt,
      fastify.log
    )
  const issuers = await createIssuerRegistry(jwt, fastify.log)
  watchKeys(fastify, issuers)
  const onBound = jwt.dpop === undefined ? warnOfBoundTokens(fastify) : undefined
  const verifier = createTokenVerifier(jwt, issuers, introspection, onBound)
  const signing = new RotatingKeys(jwt.keys, keyLifetime(jwt), sameKey)
  const keys = (): (string | Buffer)[] => signing.all.map(({ verify }) => verify)
  const { clockTolerance, maxLength } = jwt
  const binding =
    jwt.dpop &&
    (await import('../dpop/register.ts')).registerDpop(fastify, jwt, jwt.dpop, { realm, store, local })
  const dependencies = { verifier, revocations, realm, clockTolerance, maxLength, keys, binding }
  const scheme = tokenScheme(verifier, revocations, realm, jwt.cookie, binding)
  const headerScheme = tokenScheme(verifier, revocations, realm, undefined, binding)
  if (jwt.keys.length === 0) {
    if (jwt.issuers.some(({ algorithms }) => isSymmetric(algorithms)))
      loadAfterStart(
        fastify,
        'auth: fast-jwt cannot be loaded for tokens with a secret; its first use tries again; install the packages again',
        fastJwt
      )
    const lookup = (request: FastifyRequest): string => {
      const token = tokenOf(request, jwt.cookie, binding)
      if (token !== undefined) return token
      const message = 'Authentication is required'
      throw unauthorized('FST_JWT_NO_AUTHORIZATION_IN_HEADER', message, challengesOf(realm, binding))
    }
    fastify.decorateRequest('jwtVerify', createJwtVerify({ ...dependencies, lookup }) as never)
    return { scheme, headerScheme, verifier, mint: undefined, accept: undefined, binding }
  }

  await registerJwtAdapter(fastify, jwt, dependencies, () => signing.current.sign)
  const sign = (claims: Record<string, unknown>): string => fastify.jwt.sign(claims)
  const signingKeys = (): (string | Buffer)[] => signing.all.map((key) => key.sign)
  const mintDependencies = { sign, signingKeys, store, revocations, audit, realm, binding, logins }
  const mint = createTokenMint(jwt, mintDependencies)
  const accept = async (next: SigningKey): Promise<(() => void) | undefined> => {
    if (sameKey(signing.current, next)) return undefined
    const promote = await issuers.accept(next.verify)
    signing.accept(next)
    return () => {
      promote()
      signing.rotate(next)
    }
  }
  return { scheme, headerScheme, verifier, mint, accept, binding }
}

/** Names each issuer once whose tokens are bound to a key that is not asked for. */
function warnOfBoundTokens({ log }: FastifyInstance): (issuer: string) => void {
  const named = new Set<string>()
  return (issuer) => {
    if (named.has(issuer)) return
    named.add(issuer)
    const what = 'an issuer binds its tokens to keys (DPoP), and a stolen one works without its key'
    log.warn({ issuer }, `auth: ${what}; accepting them as bearer tokens; set "jwt.dpop"`)
  }
}

const sameKey = (one: SigningKey, other: SigningKey): boolean =>
  Buffer.from(one.sign).equals(Buffer.from(other.sign))

/** Fetches published keys at start, and exports their age. */
function watchKeys(fastify: FastifyInstance, { sources }: IssuerRegistry): void {
  if (sources.size === 0) return
  fastify.addHook('onReady', (done) => {
    for (const source of sources.values()) source.warmUp()
    done()
  })
  whenProvided(fastify, meterPort, (meter) => exportKeyAges(meter, sources))
}

/** For an alert before the keys of an issuer are too old to use. */
function exportKeyAges(meter: Meter, sources: IssuerRegistry['sources']): void {
  meter.gauge({
    name: 'auth_keys_age_seconds',
    help: 'Seconds since the keys of an issuer were fetched',
    labels: ['issuer'],
    collect: (family) => {
      for (const [issuer, source] of sources) {
        const age = source.age()
        if (age !== undefined) family.with(issuer).set(age / 1000)
      }
    }
  })
}
