import { optionChecks, type Secret } from '@seaworthy/internal'
import { day, listed, seconds } from '../core/option-checks.ts'
import {
  isIntrospected,
  resolveIssuer,
  type IntrospectedIssuer,
  type IssuerOptions,
  type ResolvedIssuer
} from './issuer-options.ts'
import { asymmetric, symmetric, type SignatureAlgorithm } from './algorithms.ts'
import { privatePem, strongSecret } from './keys.ts'

/** Options of tokens. One of `secret`, `key` and `issuers` is needed. */
export interface JwtOptions {
  /**
   * Signs and verifies the app's own tokens (HMAC). At least 32 bytes, no placeholder. A list is a rotation: the
   * first signs, all verify, so put the new one first and take the old one out once its tokens have expired.
   */
  secret?: string | Secret | readonly (string | Secret)[]

  /**
   * Signs and verifies the app's own tokens with a key pair instead: a private key in PEM, RSA of at least
   * 2048 bits, P-256, P-384, P-521 or Ed25519. A list is a rotation, like `secret`.
   */
  key?: string | Secret | readonly (string | Secret)[]

  /**
   * The one algorithm of the app's own tokens.
   *
   * @defaultValue `HS256` with `secret`, what the key is made for with `key` (RS256 for RSA)
   */
  algorithm?: SignatureAlgorithm

  /**
   * Who issues the app's own tokens: the `iss` claim that is stamped and demanded. Name your service, so that two
   * services that share a secret by mistake still don't take each other's tokens.
   *
   * @defaultValue 'seaworthy'
   */
  issuer?: string

  /**
   * Whom the app's own tokens are for: the `aud` claim that is stamped and demanded.
   *
   * @defaultValue the `issuer`
   */
  audience?: string

  /**
   * How long an access token holds, in **seconds** as in OAuth, or a number with a unit: `'15m'`, `'1h'`.
   * From 1 second to 30 days.
   *
   * @defaultValue '1h'
   */
  expiresIn?: number | string

  /**
   * How long a refresh token holds, in **seconds** or with a unit. Each use starts it again; the login as a whole
   * ends after `refreshMaxAge`.
   *
   * @defaultValue '14d'
   */
  refreshExpiresIn?: number | string

  /**
   * How long a login may be refreshed at all, in **seconds** or with a unit.
   *
   * @defaultValue '90d'
   */
  refreshMaxAge?: number | string

  /**
   * For how long, in **milliseconds**, a refresh token that has just been used gives the same successor again: for
   * parallel tabs. Afterwards its use ends the login everywhere. 0 to 60000.
   *
   * @defaultValue 10000
   */
  refreshGrace?: number

  /** Reads the claims anew at each refresh, so that a role taken away is gone. `null` refuses the refresh. */
  refreshClaims?: (claims: Record<string, unknown>) => unknown

  /**
   * Clocks may differ by this much, in **seconds**. 0 to 300.
   *
   * @defaultValue 5
   */
  clockTolerance?: number

  /** Issuers whose tokens are taken besides the app's own: identity providers. */
  issuers?: readonly IssuerOptions[]

  /**
   * How many verified tokens are remembered; 0 verifies every time. Expiry and revocation are looked at each time.
   *
   * @defaultValue 1000
   */
  cache?: number

  /**
   * The longest token that is looked at, in **bytes**. 256 to 65536.
   *
   * @defaultValue 8192
   */
  maxLength?: number

  /** Takes the token from this cookie where there is no `Authorization` header. Needs `csrf`. */
  cookie?: string
}

const check = optionChecks('auth')
/** A key that verifies; the first one of an own issuer also signs. */
export interface OwnKey {
  readonly verify: string
  readonly sign: string
}

export interface ResolvedJwt {
  keys: readonly OwnKey[]
  algorithm: SignatureAlgorithm
  issuer: string
  audience: string
  expiresIn: number
  refreshExpiresIn: number
  refreshMaxAge: number
  refreshGrace: number
  refreshClaims: ((claims: Record<string, unknown>) => unknown) | undefined
  clockTolerance: number
  /** Those of JWTs. */
  issuers: readonly ResolvedIssuer[]
  /** The one of opaque tokens. */
  introspected: IntrospectedIssuer | undefined
  cache: number
  maxLength: number
  cookie: string | undefined
}

const names = [
  'secret', 'key', 'algorithm', 'issuer', 'audience', 'expiresIn', 'refreshExpiresIn', 'refreshMaxAge',
  'refreshGrace', 'refreshClaims', 'clockTolerance', 'issuers', 'cache', 'maxLength', 'cookie'
] // prettier-ignore

export function resolveJwt(options: JwtOptions): ResolvedJwt {
  check.keys('jwt', options, names)
  const { secret, key, issuers = [], issuer = 'seaworthy', refreshClaims, cookie } = options
  if (secret === undefined && key === undefined && issuers.length === 0) {
    check.fail('jwt.secret', 'given (or "jwt.key", or "jwt.issuers")', undefined)
  }
  if (secret !== undefined && key !== undefined)
    check.fail('jwt.key', 'left out where "jwt.secret" is given', 'both')
  if (refreshClaims !== undefined) check.fn('jwt.refreshClaims', refreshClaims)
  const own = ownKeys(options)
  if (!Array.isArray(issuers)) check.fail('jwt.issuers', 'a list of issuers', issuers)
  const resolved = issuers.map((entry, index) => resolveIssuer(`jwt.issuers[${index}]`, entry))
  const taken = [...(own.keys.length > 0 ? [issuer] : []), ...resolved.map((entry) => entry.issuer)]
  const twice = taken.find((name, index) => taken.indexOf(name) !== index)
  const [introspected, ...further] = resolved.filter(isIntrospected)
  if (further.length > 0) {
    const rule = 'at most one with "introspection": an opaque token does not say whose it is'
    check.fail('jwt.issuers', rule, further.length + 1)
  }
  if (twice !== undefined) check.fail('jwt.issuers', 'different issuers', twice)

  return {
    ...own,
    issuer: check.string('jwt.issuer', issuer),
    audience: check.string('jwt.audience', options.audience ?? issuer),
    expiresIn: seconds('jwt.expiresIn', options.expiresIn ?? '1h', 30 * day),
    refreshExpiresIn: seconds('jwt.refreshExpiresIn', options.refreshExpiresIn ?? '14d', 366 * day),
    refreshMaxAge: seconds('jwt.refreshMaxAge', options.refreshMaxAge ?? '90d', 366 * day),
    refreshGrace: check.integer('jwt.refreshGrace', options.refreshGrace ?? 10_000, {
      min: 0,
      max: 60_000,
      unit: 'milliseconds'
    }),
    refreshClaims,
    clockTolerance: check.integer('jwt.clockTolerance', options.clockTolerance ?? 5, {
      min: 0,
      max: 300,
      unit: 'seconds'
    }),
    issuers: resolved.filter((entry) => entry.introspection === undefined),
    introspected,
    cache: check.integer('jwt.cache', options.cache ?? 1000, { min: 0, max: 1_000_000 }),
    maxLength: check.integer('jwt.maxLength', options.maxLength ?? 8192, {
      min: 256,
      max: 65_536,
      unit: 'bytes'
    }),
    cookie: cookie === undefined ? undefined : check.string('jwt.cookie', cookie)
  }
}

function ownKeys({ secret, key, algorithm }: JwtOptions): { keys: OwnKey[]; algorithm: SignatureAlgorithm } {
  if (key !== undefined) {
    const pairs = listed(key).map((entry) => privatePem('jwt.key', entry))
    const [first] = pairs
    if (!first) return check.fail('jwt.key', 'at least one key', 'none')
    const chosen = check.oneOf('jwt.algorithm', algorithm ?? first.algorithms[0], first.algorithms)
    if (pairs.some(({ algorithms }) => !algorithms.includes(chosen))) {
      check.fail('jwt.key', `keys for one algorithm (${chosen})`, 'different kinds')
    }
    return { keys: pairs.map(({ pem, private: sign }) => ({ verify: pem, sign })), algorithm: chosen }
  }
  const chosen = check.oneOf(
    'jwt.algorithm',
    algorithm ?? 'HS256',
    secret === undefined ? [...symmetric, ...asymmetric] : symmetric
  )
  if (secret === undefined) return { keys: [], algorithm: chosen }

  const secrets = listed(secret).map((entry) => strongSecret('jwt.secret', entry))
  if (secrets.length === 0) check.fail('jwt.secret', 'at least one secret', 'none')
  return { keys: secrets.map((value) => ({ verify: value, sign: value })), algorithm: chosen }
}
