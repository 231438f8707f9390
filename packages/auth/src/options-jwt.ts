import { optionChecks, type Secret } from '@seaworthy/contract'
import { asymmetric, symmetric, type SignatureAlgorithm } from './tokens/algorithms.ts'
import { privatePem, publicPem, strongSecret } from './tokens/keys.ts'

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

/** An issuer of tokens other than the app. */
export interface IssuerOptions {
  /** The `iss` claim, compared exactly. */
  issuer: string
  /** The `aud` claim that its tokens must have for this app: one of these. */
  audience: string | readonly string[]
  /** Allowed signature algorithms. Never symmetric and asymmetric ones together. */
  algorithms: readonly SignatureAlgorithm[]
  /** Where its keys are: https, or http on loopback. One of `jwksUrl`, `publicKey` and `secret` is needed. */
  jwksUrl?: string
  /** Its public keys in PEM. */
  publicKey?: string | readonly string[]
  /** A shared secret (HMAC), at least 32 bytes. */
  secret?: string | Secret
  /** The `typ` header that its access tokens must have: `at+jwt`. */
  type?: string
  /** Claims that must be there. Default `exp`, `iat` and `sub`. */
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

const check = optionChecks('auth')
const day = 86_400
const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: day, w: 7 * day }

/** `3600`, `'1h'` → seconds. */
export function seconds(option: string, value: unknown, max: number): number {
  const text = typeof value === 'string' ? /^(\d+)\s*([smhdw])?$/.exec(value.trim()) : null
  const number = text ? Number(text[1]) * units[text[2] ?? 's']! : value
  return Number.isSafeInteger(number) && (number as number) >= 1 && (number as number) <= max
    ? (number as number)
    : check.fail(option, `seconds from 1 to ${max}, or a number with a unit ('15m', '1h')`, value)
}

/** A list, of one or several. */
export const listed = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]) : [value as T]

/** A key that verifies; the first one of an own issuer also signs. */
export interface OwnKey {
  readonly verify: string
  readonly sign: string
}

export interface ResolvedIssuer extends IssuerOptions {
  readonly keys: readonly { pem: string; algorithms: readonly SignatureAlgorithm[] }[]
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
  issuers: readonly ResolvedIssuer[]
  cache: number
  maxLength: number
  cookie: string | undefined
}

const names = [
  'secret', 'key', 'algorithm', 'issuer', 'audience', 'expiresIn', 'refreshExpiresIn', 'refreshMaxAge',
  'refreshGrace', 'refreshClaims', 'clockTolerance', 'issuers', 'cache', 'maxLength', 'cookie'
] // prettier-ignore

export function resolveJwt(options: JwtOptions): ResolvedJwt {
  check.known('jwt', options, names)
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
    issuers: resolved,
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

const issuerNames = [
  'issuer', 'audience', 'algorithms', 'jwksUrl', 'publicKey', 'secret', 'type', 'requiredClaims', 'rolesClaim',
  'jwksMaxAge', 'jwksCooldown', 'jwksMaxStale', 'jwksTimeout'
] // prettier-ignore

function resolveIssuer(at: string, options: IssuerOptions): ResolvedIssuer {
  check.known(at, options, issuerNames)
  const { issuer, audience, algorithms, jwksUrl, publicKey, secret } = options
  check.string(`${at}.issuer`, issuer)
  const audiences = audience === undefined ? [] : listed(audience)
  if (audiences.length === 0) check.fail(`${at}.audience`, 'given', audience)
  for (const entry of audiences) check.string(`${at}.audience`, entry)

  const allowed = secret === undefined ? asymmetric : symmetric
  if (!Array.isArray(algorithms) || algorithms.length === 0)
    check.fail(`${at}.algorithms`, 'a list of algorithms', algorithms)
  for (const entry of algorithms) check.oneOf(`${at}.algorithms`, entry, allowed)
  if ([jwksUrl, publicKey, secret].filter((entry) => entry !== undefined).length !== 1) {
    check.fail(at, 'given exactly one of "jwksUrl", "publicKey" and "secret"', options)
  }
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
  return { ...options, keys }
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** https, or http on loopback. */
export function safeUrl(option: string, value: unknown): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.has(url.hostname))
  return url && safe ? url : check.fail(option, 'an https URL (http only on loopback)', value)
}
