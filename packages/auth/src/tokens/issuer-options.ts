import { check, safeUrl, toList } from '../core/option-checks.ts'
import { strongSecret, type SymmetricKey } from '../core/strong-secret.ts'
import {
  resolveIntrospection,
  type IntrospectionOptions,
  type ResolvedIntrospection
} from '../introspection/options.ts'
import { asymmetric, symmetric, withAllNames, type SignatureAlgorithm } from './algorithms.ts'
import { parsePublicKey, type VerificationKey } from './keys.ts'
import { withProvider, type ProviderName } from './providers.ts'

/**
 * An issuer of tokens other than the app. One of `jwksUrl`, `publicKey`, `secret` and `introspection` is required.
 *
 * @example
 * const auth0: IssuerOptions = {
 *   issuer: 'https://example.eu.auth0.com/',
 *   audience: 'orders',
 *   algorithms: ['RS256'],
 *   jwksUrl: 'https://example.eu.auth0.com/.well-known/jwks.json'
 * }
 * await app.register(auth, { jwt: { issuers: [auth0] } })
 */
export interface IssuerOptions {
  /**
   * The `iss` claim, compared exactly.
   *
   * @defaultValue none: required
   * @throws RangeError for one that the tokens of `provider` cannot have, such as Auth0's without a slash at its end.
   */
  issuer: string

  /**
   * The identity provider: sets `jwksUrl`, `algorithms` (RS256), `requiredClaims`, `rolesClaim` and `scopesClaim` to what
   * its access tokens need. Options beside it win. `google` is for identity tokens of service accounts.
   *
   * @defaultValue none: an issuer by RFC 9068
   */
  provider?: ProviderName

  /**
   * The `aud` claim that its tokens must have for this app: one of these.
   *
   * @defaultValue none: required
   */
  audience: string | readonly string[]

  /**
   * The allowed signature algorithms. Symmetric ones only with `secret`, asymmetric ones only with public keys.
   *
   * @defaultValue none: required, except with `introspection` and `provider`
   * @throws RangeError for an algorithm that does not fit the kind of key.
   */
  algorithms?: readonly SignatureAlgorithm[]

  /**
   * The URL of its public keys, up to 4 MiB: https, or http on loopback. No redirect is followed.
   *
   * @defaultValue none: the keys are not fetched
   */
  jwksUrl?: string

  /**
   * Its public keys in PEM, as text or as a Buffer.
   *
   * @defaultValue none: no fixed keys
   * @throws RangeError for a weak key, and for a key that verifies none of `algorithms`.
   */
  publicKey?: string | Buffer | readonly (string | Buffer)[]

  /**
   * A shared secret (HMAC), at least 32 bytes: text, a Buffer or a JSON Web Key.
   *
   * @defaultValue none: no shared secret
   */
  secret?: SymmetricKey

  /**
   * Token introspection (RFC 7662), for opaque tokens. At most one issuer can have it. Without any issuer of JWTs it
   * gets all tokens, otherwise those that do not have the three parts of a JWT.
   *
   * @defaultValue none: tokens are JWTs
   */
  introspection?: IntrospectionOptions

  /**
   * The `typ` header that its access tokens must have, such as `at+jwt`.
   *
   * @defaultValue none: `at+jwt`, `JWT` and no type are accepted, ID, refresh and logout tokens are rejected
   */
  type?: string

  /**
   * Claims that tokens must have. If one of `client_id` (Amazon Cognito), `azp`, `cid` and `appid` is among them, it is
   * compared with `audience` in tokens without `aud`. With `nonce` or `at_hash` among them, these are no sign of an ID
   * token (Dex, whose access tokens have the form of one).
   *
   * @defaultValue `exp`, `iat` and `sub`; with `introspection` `aud` and `sub`
   */
  requiredClaims?: readonly string[]

  /**
   * The path of the roles: `realm_access.roles`, `cognito:groups`, `https://example.com/roles`.
   *
   * @defaultValue `roles`, or else `role`
   */
  rolesClaim?: string

  /**
   * The path of the scopes, such as `permissions` (Auth0): a list, or a text with spaces between.
   *
   * @defaultValue `scope`, or else `scopes`, or else `scp`
   */
  scopesClaim?: string

  /**
   * How long fetched keys count as current. Milliseconds, at least 1.
   *
   * @defaultValue 600000
   */
  jwksMaxAge?: number

  /**
   * The shortest interval between two fetches because of an unknown key or a wrong signature. Milliseconds, at least 1.
   *
   * @defaultValue 30000
   */
  jwksCooldown?: number

  /**
   * How long old keys are used while the issuer is down. Milliseconds, at least 1.
   *
   * @defaultValue 86400000
   */
  jwksMaxStale?: number

  /**
   * The timeout of a fetch. Milliseconds, at least 1.
   *
   * @defaultValue 3000
   */
  jwksTimeout?: number

  /**
   * Whether each of its tokens must be bound to a key by DPoP. Otherwise those that are not bound are bearer tokens.
   *
   * @defaultValue false
   * @throws RangeError without `jwt.dpop`.
   */
  dpopRequired?: boolean
}

export const jwksDefaults = {
  jwksMaxAge: 600_000,
  jwksCooldown: 30_000,
  jwksMaxStale: 86_400_000,
  jwksTimeout: 3000
} as const satisfies Partial<IssuerOptions>

type JwksOptions = Record<keyof typeof jwksDefaults, number>

export interface ResolvedIssuer
  extends Omit<IssuerOptions, 'introspection' | keyof JwksOptions>, JwksOptions {
  readonly algorithms: readonly SignatureAlgorithm[]
  readonly audiences: readonly string[]
  readonly introspection: ResolvedIntrospection | undefined
  readonly keys: readonly VerificationKey[]
}

export type IntrospectedIssuer = ResolvedIssuer & { readonly introspection: ResolvedIntrospection }
export const isIntrospected = (issuer: ResolvedIssuer): issuer is IntrospectedIssuer =>
  issuer.introspection !== undefined

const jwtOnly = Object.keys({ ...jwksDefaults, algorithms: true, type: true }) as (
  | keyof JwksOptions
  | 'algorithms'
  | 'type'
)[]

const names = Object.keys({
  ...jwksDefaults,
  issuer: true,
  audience: true,
  algorithms: true,
  jwksUrl: true,
  publicKey: true,
  secret: true,
  introspection: true,
  type: true,
  requiredClaims: true,
  rolesClaim: true,
  scopesClaim: true,
  provider: true,
  dpopRequired: true
} satisfies Record<keyof IssuerOptions, unknown>)

export function resolveIssuer(option: string, configured: IssuerOptions): ResolvedIssuer {
  check.object(option, configured)
  check.keys(option, configured, names)
  const options = withProvider(option, configured)
  const { issuer, audience, jwksUrl, publicKey, secret, introspection } = options
  check.string(`${option}.issuer`, issuer)
  const audiences = audience === undefined ? [] : toList(audience)
  if (audiences.length === 0) check.fail(`${option}.audience`, 'set', audience)
  for (const entry of audiences) check.string(`${option}.audience`, entry)
  if ([jwksUrl, publicKey, secret, introspection].filter((entry) => entry !== undefined).length !== 1) {
    const rule = 'set with exactly one of "jwksUrl", "publicKey", "secret" and "introspection"'
    check.fail(option, rule, options)
  }

  if (options.dpopRequired !== undefined) check.boolean(`${option}.dpopRequired`, options.dpopRequired)
  const shared = { ...options, ...jwksOptions(option, options), audiences }
  if (introspection === undefined) return { ...shared, ...jwtKeys(option, options), introspection }
  for (const name of jwtOnly)
    if (options[name] !== undefined)
      check.failWith(`${option}.${name}`, 'left out beside "introspection"', 'a value')
  const resolved = resolveIntrospection(`${option}.introspection`, introspection)
  return { ...shared, algorithms: [], keys: [], introspection: resolved }
}

function jwksOptions(option: string, options: IssuerOptions): JwksOptions {
  const value = (name: keyof JwksOptions): number =>
    check.integer(`${option}.${name}`, options[name] ?? jwksDefaults[name], { min: 1, unit: 'milliseconds' })
  return {
    jwksMaxAge: value('jwksMaxAge'),
    jwksCooldown: value('jwksCooldown'),
    jwksMaxStale: value('jwksMaxStale'),
    jwksTimeout: value('jwksTimeout')
  }
}

function jwtKeys(
  option: string,
  { algorithms: listed, jwksUrl, publicKey, secret }: IssuerOptions
): Pick<ResolvedIssuer, 'algorithms' | 'keys'> {
  const allowed = secret === undefined ? asymmetric : symmetric
  if (!Array.isArray(listed) || listed.length === 0)
    return check.fail(`${option}.algorithms`, 'a list of algorithms', listed)
  for (const entry of listed) check.oneOf<SignatureAlgorithm>(`${option}.algorithms`, entry, allowed)
  const algorithms = withAllNames(listed)
  if (jwksUrl !== undefined) safeUrl(`${option}.jwksUrl`, jwksUrl)
  if (secret !== undefined)
    return { algorithms, keys: [{ pem: strongSecret(`${option}.secret`, secret, algorithms), algorithms }] }

  const pems = publicKey === undefined ? [] : toList(publicKey)
  const keys = pems.map((pem) => parsePublicKey(`${option}.publicKey`, pem))
  for (const key of keys) {
    if (!key.algorithms.some((name) => algorithms.includes(name)))
      check.failWith(`${option}.publicKey`, `a key for ${listed.join(', ')}`, 'another kind')
  }
  return { algorithms, keys }
}
