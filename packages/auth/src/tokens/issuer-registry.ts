import type { FastifyBaseLogger } from 'fastify'
import type { ResolvedIssuer } from './issuer-options.ts'
import type { ResolvedJwt } from './options.ts'
import { symmetric } from './algorithms.ts'
import { fixedIssuer, remoteIssuer, type Issuer } from './trusted-issuer.ts'
import { createKeySource, type KeySource } from './jwks.ts'
import type { IssuerRules, Verify } from './types.ts'

/** Everyone whose tokens are taken. */
export interface Issuers {
  /** By their `iss` claim: the app itself, if it has a key, and the others. */
  readonly byName: ReadonlyMap<string, Issuer>
  /** The published keys of those that publish them. */
  readonly sources: ReadonlyMap<string, KeySource>
}

/** Of the libraries that verify, only what the options need is loaded. */
export async function createIssuers(options: ResolvedJwt, log: FastifyBaseLogger): Promise<Issuers> {
  const sources = new Map<string, KeySource>()
  const byName = new Map<string, Issuer>()
  const clockTolerance = options.clockTolerance * 1000
  if (options.keys.length > 0) {
    const rules: IssuerRules = {
      name: options.issuer,
      audiences: [options.audience].flat(),
      algorithms: [options.algorithm],
      requiredClaims: ['iat'],
      type: undefined,
      clockTolerance,
      rolesClaim: undefined
    }
    const keys = options.keys.map(({ verify }) => ({ pem: verify, algorithms: rules.algorithms }))
    byName.set(options.issuer, fixedIssuer(rules, await verifiersFor(rules, keys)))
  }
  for (const other of options.issuers) {
    const rules = rulesOf(other, clockTolerance)
    if (other.jwksUrl === undefined) {
      byName.set(other.issuer, fixedIssuer(rules, await verifiersFor(rules, other.keys)))
      continue
    }
    const source = sourceOf(other.jwksUrl, other, log)
    sources.set(other.issuer, source)
    const { publicKeyVerifier } = await import('./public-key-verifier.ts')
    byName.set(other.issuer, remoteIssuer(rules, source, publicKeyVerifier))
  }
  return { byName, sources }
}

/** In the order of the keys. */
async function verifiersFor(rules: IssuerRules, keys: ResolvedIssuer['keys']): Promise<Verify[]> {
  if (rules.algorithms.every((name) => symmetric.includes(name))) {
    const { secretVerifier } = await import('./secret-verifier.ts')
    return keys.map(({ pem: secret }) => secretVerifier(rules, secret))
  }
  const { publicKeyVerifier } = await import('./public-key-verifier.ts')
  return Promise.all(
    keys.map(({ pem, algorithms }) =>
      publicKeyVerifier(
        rules,
        pem,
        rules.algorithms.filter((name) => algorithms.includes(name))
      )
    )
  )
}

const rulesOf = (options: ResolvedIssuer, clockTolerance: number): IssuerRules => ({
  name: options.issuer,
  audiences: [options.audience].flat(),
  algorithms: options.algorithms,
  requiredClaims: options.requiredClaims ?? ['exp', 'iat', 'sub'],
  type: options.type,
  clockTolerance,
  rolesClaim: options.rolesClaim
})

const sourceOf = (url: string, options: ResolvedIssuer, log: FastifyBaseLogger): KeySource =>
  createKeySource(
    {
      url,
      maxAge: options.jwksMaxAge ?? 600_000,
      cooldown: options.jwksCooldown ?? 30_000,
      maxStale: options.jwksMaxStale ?? 86_400_000,
      timeout: options.jwksTimeout ?? 3000
    },
    log
  )
