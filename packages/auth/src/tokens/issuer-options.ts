import { optionChecks, type Secret } from '@seaworthy/internal'
import { listed, safeUrl } from '../core/option-checks.ts'
import {
  resolveIntrospection,
  type IntrospectionOptions,
  type ResolvedIntrospection
} from '../introspection/options.ts'
import { asymmetric, symmetric, type SignatureAlgorithm } from './algorithms.ts'
import { publicPem, strongSecret } from './keys.ts'

/** An issuer of tokens other than the app. */
export interface IssuerOptions {
  /** The `iss` claim, compared exactly. */
  issuer: string
  /** The `aud` claim that its tokens must have for this app: one of these. */
  audience: string | readonly string[]
  /** Allowed signature algorithms, needed but with `introspection`. Never symmetric and asymmetric ones together. */
  algorithms?: readonly SignatureAlgorithm[]
  /**
   * Where its keys are: https, or http on loopback. One of `jwksUrl`, `publicKey`, `secret` and
   * `introspection` is needed.
   */
  jwksUrl?: string
  /** Its public keys in PEM. */
  publicKey?: string | readonly string[]
  /** A shared secret (HMAC), at least 32 bytes. */
  secret?: string | Secret
  /**
   * Asks the issuer about each token: for opaque ones (RFC 7662). One issuer may have it. It gets all tokens where no
   * JWTs are taken, else those that don't have the three parts of a JWT.
   */
  introspection?: IntrospectionOptions
  /**
   * The `typ` header that its access tokens must have: `at+jwt`. Without it that, `JWT` or none will do, and a token that
   * says that it is an ID, refresh or logout token is refused.
   */
  type?: string
  /** Claims that must be there. Default `exp`, `iat` and `sub`, with `introspection` `aud` and `sub`. */
  requiredClaims?: readonly string[]
  /** Where the roles are: `realm_access.roles`. Default: `roles`, or else `role`. */
  rolesClaim?: string
  /** **Milliseconds** for which keys are taken as current. Default 600000 (10 minutes). */
  jwksMaxAge?: number
  /** **Milliseconds** between two fetches because of an unknown key. Default 30000. */
  jwksCooldown?: number
  /** **Milliseconds** for which old keys serve while the issuer is down. Default 86400000 (a day). */
  jwksMaxStale?: number
  /** **Milliseconds** that a fetch may take. Default 3000. */
  jwksTimeout?: number
}

export interface ResolvedIssuer extends Omit<IssuerOptions, 'introspection'> {
  readonly algorithms: readonly SignatureAlgorithm[]
  readonly introspection: ResolvedIntrospection | undefined
  readonly keys: readonly { pem: string; algorithms: readonly SignatureAlgorithm[] }[]
}

export type IntrospectedIssuer = ResolvedIssuer & { readonly introspection: ResolvedIntrospection }
export const isIntrospected = (issuer: ResolvedIssuer): issuer is IntrospectedIssuer =>
  issuer.introspection !== undefined

const check = optionChecks('auth')
const issuerNames = [
  'issuer', 'audience', 'algorithms', 'jwksUrl', 'publicKey', 'secret', 'introspection', 'type', 'requiredClaims', 'rolesClaim',
  'jwksMaxAge', 'jwksCooldown', 'jwksMaxStale', 'jwksTimeout'
] // prettier-ignore

const onlyForJwts = [
  'algorithms',
  'type',
  'jwksMaxAge',
  'jwksCooldown',
  'jwksMaxStale',
  'jwksTimeout'
] as const

export function resolveIssuer(at: string, options: IssuerOptions): ResolvedIssuer {
  check.keys(at, options, issuerNames)
  const { issuer, audience, jwksUrl, publicKey, secret, introspection } = options
  check.string(`${at}.issuer`, issuer)
  const audiences = audience === undefined ? [] : listed(audience)
  if (audiences.length === 0) check.fail(`${at}.audience`, 'given', audience)
  for (const entry of audiences) check.string(`${at}.audience`, entry)

  if ([jwksUrl, publicKey, secret, introspection].filter((entry) => entry !== undefined).length !== 1) {
    check.fail(at, 'given exactly one of "jwksUrl", "publicKey", "secret" and "introspection"', options)
  }
  if (introspection !== undefined) {
    for (const name of onlyForJwts)
      if (options[name] !== undefined) check.fail(`${at}.${name}`, 'left out beside "introspection"', 'one')
    return {
      ...options,
      algorithms: [],
      keys: [],
      introspection: resolveIntrospection(`${at}.introspection`, introspection)
    }
  }
  const { algorithms } = options
  const allowed = secret === undefined ? asymmetric : symmetric
  if (!Array.isArray(algorithms) || algorithms.length === 0)
    return check.fail(`${at}.algorithms`, 'a list of algorithms', algorithms)
  for (const entry of algorithms) check.oneOf(`${at}.algorithms`, entry, allowed)
  if (jwksUrl !== undefined) safeUrl(`${at}.jwksUrl`, jwksUrl)
  for (const name of ['jwksMaxAge', 'jwksCooldown', 'jwksMaxStale', 'jwksTimeout'] as const) {
    if (options[name] !== undefined)
      check.integer(`${at}.${name}`, options[name], { min: 1, unit: 'milliseconds' })
  }
  const keys =
    secret === undefined
      ? (publicKey === undefined ? [] : listed(publicKey)).map((pem) => publicPem(`${at}.publicKey`, pem))
      : [{ pem: strongSecret(`${at}.secret`, secret), algorithms }]
  for (const key of keys) {
    if (!key.algorithms.some((name) => algorithms.includes(name)))
      check.fail(`${at}.publicKey`, `a key for ${algorithms.join(', ')}`, 'another kind')
  }
  return { ...options, algorithms, introspection: undefined, keys }
}
