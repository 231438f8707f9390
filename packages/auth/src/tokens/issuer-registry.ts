import type { FastifyBaseLogger } from 'fastify'
import { RotatingKeys } from '../core/rotating-keys.ts'
import { isSymmetric } from './algorithms.ts'
import type { ResolvedIssuer } from './issuer-options.ts'
import { createKeySource, type KeySource } from './jwks.ts'
import type { VerificationKey } from './keys.ts'
import type { ResolvedJwt } from './options.ts'
import { fixedIssuer, remoteIssuer, type TrustedIssuer } from './trusted-issuer.ts'
import { secretVerifier } from './secret-verifier.ts'
import type { IssuerRules, Verify } from './types.ts'

/** All issuers of JWTs that are accepted. */
export interface IssuerRegistry {
  /** By `iss` claim: the app itself, if it has a key, and the other issuers. */
  readonly byName: ReadonlyMap<string, TrustedIssuer>
  /** The sources of published keys, by issuer. */
  readonly sources: ReadonlyMap<string, KeySource>
  /** Accepts tokens of a new key of the app. The returned function puts it first. */
  accept(key: VerificationKey['pem']): Promise<() => void>
}

/** Loads only those verification libraries that the options need. */
export async function createIssuerRegistry(
  options: ResolvedJwt,
  log: FastifyBaseLogger
): Promise<IssuerRegistry> {
  const sources = new Map<string, KeySource>()
  const byName = new Map<string, TrustedIssuer>()
  const rules = rulesOfApp(options)
  const verifiersOfApp = async (keys: readonly VerificationKey['pem'][]): Promise<Verify[]> =>
    verifiersFor(
      rules,
      keys.map((pem) => ({ pem, algorithms: rules.algorithms }))
    )
  const initial = options.keys.map(({ verify }) => verify)
  const appVerifiers = new RotatingKeys(
    initial.length === 0 ? [] : await verifiersOfApp(initial),
    keyLifetime(options)
  )
  if (initial.length > 0) byName.set(options.issuer, fixedIssuer(rules, appVerifiers))
  for (const issuer of options.issuers) {
    const rules = rulesOf(issuer, options.clockTolerance)
    if (issuer.jwksUrl === undefined) {
      const verifiers = new RotatingKeys(await verifiersFor(rules, issuer.keys), Infinity)
      byName.set(issuer.issuer, fixedIssuer(rules, verifiers))
      continue
    }
    const source = createKeySource(
      {
        url: issuer.jwksUrl,
        maxAge: issuer.jwksMaxAge,
        cooldown: issuer.jwksCooldown,
        maxStale: issuer.jwksMaxStale,
        timeout: issuer.jwksTimeout
      },
      log
    )
    sources.set(issuer.issuer, source)
    const { publicKeyVerifier } = await import('./public-key-verifier.ts')
    byName.set(issuer.issuer, remoteIssuer(rules, source, publicKeyVerifier))
  }
  return {
    byName,
    sources,
    async accept(key) {
      const [verify] = await verifiersOfApp([key])
      appVerifiers.accept(verify!)
      return () => void appVerifiers.rotate(verify!)
    }
  }
}

/** Milliseconds for which a replaced key verifies: until the last token that it has signed has expired. */
export const keyLifetime = ({ expiresInSeconds, clockTolerance }: ResolvedJwt): number =>
  expiresInSeconds * 1000 + clockTolerance

/** Verifiers in the order of the keys. */
async function verifiersFor(rules: IssuerRules, keys: readonly VerificationKey[]): Promise<Verify[]> {
  if (isSymmetric(rules.algorithms)) {
    return keys.map(({ pem: secret }) => secretVerifier(rules, secret))
  }
  const { publicKeyVerifier } = await import('./public-key-verifier.ts')
  return Promise.all(
    keys.map(({ pem, algorithms }) =>
      publicKeyVerifier(
        rules,
        // Only secrets are Buffers.
        pem as string,
        rules.algorithms.filter((name) => algorithms.includes(name))
      )
    )
  )
}

const rulesOfApp = ({ issuer, audience, algorithm, clockTolerance }: ResolvedJwt): IssuerRules => ({
  name: issuer,
  isApp: true,
  audiences: [audience],
  algorithms: [algorithm],
  requiredClaims: ['iat'],
  clientClaims: [],
  type: undefined,
  clockTolerance,
  rolesClaim: undefined,
  scopesClaim: undefined
})

/** The claims by which issuers name the client of a token: Amazon Cognito, Keycloak, Okta, Entra. */
const clientClaims = ['client_id', 'azp', 'cid', 'appid'] as const

const rulesOf = (issuer: ResolvedIssuer, clockTolerance: number): IssuerRules => ({
  name: issuer.issuer,
  isApp: false,
  audiences: issuer.audiences,
  algorithms: issuer.algorithms,
  requiredClaims: issuer.requiredClaims ?? ['exp', 'iat', 'sub'],
  type: issuer.type,
  clockTolerance,
  clientClaims: clientClaims.filter((name) => issuer.requiredClaims?.includes(name)),
  rolesClaim: issuer.rolesClaim,
  scopesClaim: issuer.scopesClaim
})
