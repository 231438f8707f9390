import type { Secret } from '@seaworthy/internal'
import { movedFromFastifyJwt, assertNoMovedOptions } from '../core/moved-options.ts'
import { check, daySeconds, optionsOf, seconds } from '../core/option-checks.ts'
import type { SymmetricKey } from '../core/strong-secret.ts'
import { resolveDpop, type DpopOptions, type ResolvedDpop } from '../dpop/options.ts'
import type { SigningAlgorithm } from './algorithms.ts'
import { checkDpop, checkUnique, onlyIntrospected } from './issuer-checks.ts'
import {
  resolveIssuer,
  type IntrospectedIssuer,
  type IssuerOptions,
  type ResolvedIssuer
} from './issuer-options.ts'
import { cookieNameOf } from './cookie-name.ts'
import { resolveSigningKeys, type SigningKeys } from './signing-keys.ts'

/**
 * Options of tokens. One of `secret`, `key` and `issuers` is required.
 *
 * @example
 * const jwt: JwtOptions = { secret: process.env['JWT_SECRET']!, issuer: 'shop', expiresIn: '15m' }
 * await app.register(auth, { jwt })
 */
export interface JwtOptions {
  /**
   * Signs and verifies the app's tokens (HMAC): at least 32 random bytes, no placeholder, as text, as a Buffer or as a
   * JSON Web Key (`kty: 'oct'`). A list is a rotation: the
   * first secret signs, all verify. Put a new secret first and remove the old one after its tokens have expired.
   *
   * @defaultValue none: the app issues no HMAC tokens
   * @throws RangeError for a short secret, a placeholder or a PEM key, and beside `key`.
   */
  secret?: SymmetricKey | readonly SymmetricKey[]

  /**
   * Signs and verifies the app's tokens with a key pair: a private key in PEM, as text or as a Buffer, RSA of at least 2048
   * bits, P-256, P-384, P-521 or Ed25519. A list is a rotation, like `secret`.
   *
   * @defaultValue none: the app issues no tokens signed with a key pair
   * @throws RangeError for a weaker key, another kind of key, and beside `secret`.
   */
  key?: string | Buffer | Secret | readonly (string | Buffer | Secret)[]

  /**
   * The only algorithm of the app's tokens.
   *
   * @defaultValue `HS256` with `secret`, the algorithm of the key with `key` (`RS256` for RSA)
   * @throws RangeError for an algorithm that the secret or key cannot verify.
   */
  algorithm?: SigningAlgorithm

  /**
   * The `iss` claim of the app's tokens, set and required. Use the service's name, so that two services that share a
   * secret by mistake reject each other's tokens.
   *
   * @defaultValue 'seaworthy'
   */
  issuer?: string

  /**
   * The `aud` claim of the app's tokens, set and required.
   *
   * @defaultValue The value of `issuer`
   */
  audience?: string

  /**
   * The lifetime of an access token. **Seconds**, as in OAuth and `@fastify/jwt`, or a text with a unit (`'15m'`). From
   * 1 second to 30 days.
   *
   * @defaultValue '1h'
   */
  expiresIn?: number | string

  /**
   * The lifetime of a refresh token. Each use issues a new one, until `refreshMaxAge` ends the login. **Seconds**, or a
   * text with a unit. From 1 second to 366 days.
   *
   * @defaultValue '14d'
   */
  refreshExpiresIn?: number | string

  /**
   * How long a login can be refreshed in total. **Seconds**, or a text with a unit. From 1 second to 366 days.
   *
   * @defaultValue '90d'
   */
  refreshMaxAge?: number | string

  /**
   * How long a used refresh token returns its successor again, for parallel tabs. A later use ends the login on all
   * devices. Milliseconds, 0 to 60000.
   *
   * @defaultValue 10000
   */
  refreshGrace?: number

  /**
   * Returns the current claims at each refresh, so that a removed role is gone. `null` rejects the refresh.
   *
   * @defaultValue none: the claims of the login are kept
   */
  refreshClaims?: (claims: Record<string, unknown>) => unknown

  /**
   * The tolerated difference between clocks. **Milliseconds**, as in `@fastify/jwt`, 0 to 300000.
   *
   * @defaultValue 5000
   */
  clockTolerance?: number

  /**
   * Issuers whose tokens are accepted besides the app's tokens: identity providers.
   *
   * @defaultValue none: only the app's tokens are accepted
   * @throws RangeError for two entries with the same `issuer`, or two with `introspection`.
   */
  issuers?: readonly IssuerOptions[]

  /**
   * How many verified tokens are cached; 0 verifies each time. Expiry and revocation are checked each time. Entries, 0
   * to 1000000.
   *
   * @defaultValue 1000
   */
  cache?: number

  /**
   * The longest token that is verified. Bytes, 256 to 65536.
   *
   * @defaultValue 8192
   */
  maxLength?: number

  /**
   * The cookie that has the token if there is no `Authorization` header.
   *
   * @defaultValue none: no cookie is read
   * @throws RangeError together with `csrf: false`: a browser sends the cookie for any site.
   */
  cookie?: string

  /**
   * DPoP (RFC 9449): a token that is bound to a key is accepted only with a proof of that key, for the request and valid
   * once. `issueTokens` and `refresh` bind tokens to the key of their request. `false` switches it off.
   *
   * @defaultValue none: tokens are bearer tokens
   */
  dpop?: DpopOptions | false
}

export interface ResolvedJwt extends SigningKeys {
  readonly issuer: string
  readonly audience: string
  readonly expiresInSeconds: number
  /** Milliseconds, as all that follow. */
  readonly refreshExpiresIn: number
  readonly refreshMaxAge: number
  readonly refreshGrace: number
  readonly refreshClaims: JwtOptions['refreshClaims']
  readonly clockTolerance: number
  /** The issuers of JWTs. */
  readonly issuers: readonly ResolvedIssuer[]
  /** The issuer of opaque tokens. */
  readonly introspected: IntrospectedIssuer | undefined
  readonly cache: number
  readonly maxLength: number
  readonly cookie: string | undefined
  readonly dpop: ResolvedDpop | undefined
}

export const jwtDefaults = {
  issuer: 'seaworthy',
  expiresIn: '1h',
  refreshExpiresIn: '14d',
  refreshMaxAge: '90d',
  refreshGrace: 10_000,
  clockTolerance: 5000,
  cache: 1000,
  maxLength: 8192
} as const satisfies JwtOptions

const names = Object.keys({
  ...jwtDefaults,
  secret: true,
  key: true,
  algorithm: true,
  audience: true,
  refreshClaims: true,
  issuers: true,
  cookie: true,
  dpop: true
} satisfies Record<keyof JwtOptions, unknown>)

export function resolveJwt(options: JwtOptions): ResolvedJwt {
  assertNoMovedOptions('jwt', options, '@fastify/jwt', movedFromFastifyJwt)
  check.keys('jwt', options, names)
  const { secret, key, issuers = [], issuer = jwtDefaults.issuer, refreshClaims, cookie } = options
  if (!Array.isArray(issuers)) check.fail('jwt.issuers', 'a list of issuers', issuers)
  if (secret === undefined && key === undefined && issuers.length === 0)
    check.fail('jwt.secret', 'set (or "jwt.key", or "jwt.issuers")', undefined)
  if (secret !== undefined && key !== undefined)
    check.failWith('jwt.key', 'left out beside "jwt.secret"', 'both')
  if (refreshClaims !== undefined) check.fn('jwt.refreshClaims', refreshClaims)

  const signing = resolveSigningKeys(options)
  const dpopOptions = optionsOf('jwt.dpop', options.dpop)
  const dpop = dpopOptions && resolveDpop(dpopOptions, signing.keys[0]?.sign)
  const resolved = issuers.map((entry, index) => resolveIssuer(`jwt.issuers[${index}]`, entry))
  checkDpop(resolved, dpop)
  checkUnique([...(signing.keys.length > 0 ? [issuer] : []), ...resolved.map((entry) => entry.issuer)])
  const integer = (
    name: 'refreshGrace' | 'clockTolerance' | 'cache' | 'maxLength',
    min: number,
    max: number
  ) => check.integer(`jwt.${name}`, options[name] ?? jwtDefaults[name], { min, max })
  const lifetime = (name: 'expiresIn' | 'refreshExpiresIn' | 'refreshMaxAge', maxDays: number): number =>
    seconds(`jwt.${name}`, options[name] ?? jwtDefaults[name], maxDays * daySeconds)

  return {
    ...signing,
    issuer: check.string('jwt.issuer', issuer),
    audience: check.string('jwt.audience', options.audience ?? issuer),
    expiresInSeconds: lifetime('expiresIn', 30),
    refreshExpiresIn: lifetime('refreshExpiresIn', 366) * 1000,
    refreshMaxAge: lifetime('refreshMaxAge', 366) * 1000,
    refreshGrace: integer('refreshGrace', 0, 60_000),
    refreshClaims,
    clockTolerance: integer('clockTolerance', 0, 300_000),
    issuers: resolved.filter((entry) => entry.introspection === undefined),
    introspected: onlyIntrospected(resolved),
    cache: integer('cache', 0, 1_000_000),
    maxLength: integer('maxLength', 256, 65_536),
    cookie: cookie === undefined ? undefined : cookieNameOf(cookie),
    dpop
  }
}
