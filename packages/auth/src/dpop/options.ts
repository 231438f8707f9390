import { hkdfSync } from 'node:crypto'
import { reveal, type Secret } from '@seaworthy/internal'
import { check, safeUrl, seconds, toList } from '../core/option-checks.ts'
import { strongSecret } from '../core/strong-secret.ts'
import { normalisePath } from './target.ts'

/**
 * The signature algorithms of proofs: asymmetric ones only.
 *
 * @example
 * const algorithms: readonly DpopAlgorithm[] = ['ES256', 'Ed25519']
 */
export type DpopAlgorithm = (typeof dpopAlgorithms)[number]

const dpopAlgorithms = [
  'ES256',
  'ES384',
  'ES512',
  'Ed25519',
  'EdDSA',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512'
] as const

/**
 * Options of DPoP (RFC 9449): tokens that only the holder of a key can use.
 *
 * @example
 * const dpop: DpopOptions = { baseUrl: 'https://api.example.com', required: true }
 * await app.register(auth, { jwt: { secret: process.env['JWT_SECRET']!, dpop } })
 */
export interface DpopOptions {
  /**
   * The URLs under which clients call the service, https (http on loopback), with the path that a proxy removes. A proof
   * names the URL of its request. The header `Host` is not trusted: it is the client's.
   *
   * @defaultValue none: required
   */
  baseUrl: string | readonly string[]

  /**
   * Whether each token must be bound to a key: those of `issueTokens` and of all issuers. Otherwise a token that is bound
   * needs its key, and others are bearer tokens. `dpopRequired` of an issuer and of a route is the same for these alone.
   *
   * @defaultValue false
   */
  required?: boolean

  /**
   * The allowed signature algorithms of proofs.
   *
   * @defaultValue ['ES256', 'Ed25519', 'EdDSA']
   */
  algorithms?: readonly DpopAlgorithm[]

  /**
   * The age of a proof at most, by its `iat`, plus `jwt.clockTolerance` in both directions. With `nonce` it is the age of
   * the nonce, and twice as much at most. **Seconds**, or a text with a unit. From 1 second to 1 hour.
   *
   * @defaultValue '1m'
   */
  maxAge?: number | string

  /**
   * Whether each proof needs a nonce of this service, so that none can be made in advance, and clocks need not agree.
   * Responses have the next one in `DPoP-Nonce`; a proof without gets 401 with `use_dpop_nonce`.
   *
   * @defaultValue false
   */
  nonce?: boolean

  /**
   * The secret from which the nonces of all processes are made: at least 32 random bytes. Set it if the keys of tokens
   * change while processes run.
   *
   * @defaultValue Derived from the first `jwt.secret` or `jwt.key`; required with `nonce` if the app has neither
   */
  nonceSecret?: string | Secret

  /**
   * How proofs are treated while Redis cannot tell whether one was used already: `closed` answers 503, `local` asks the
   * memory of the process, so that a stolen proof can be used once in each process.
   *
   * @defaultValue 'closed'
   */
  onStoreError?: 'closed' | 'local'
}

export interface ResolvedDpop {
  /** Without a slash at the end. */
  readonly baseUrls: readonly string[]
  readonly required: boolean
  readonly algorithms: readonly DpopAlgorithm[]
  /** Milliseconds. */
  readonly maxAge: number
  /** Of the nonces. `undefined`: no nonces. */
  readonly nonceSecret: string | Buffer | undefined
  readonly onStoreError: 'closed' | 'local'
}

export const dpopDefaults = {
  required: false,
  algorithms: ['ES256', 'Ed25519', 'EdDSA'],
  maxAge: '1m',
  nonce: false,
  onStoreError: 'closed'
} as const satisfies Partial<DpopOptions>

const names = Object.keys({
  ...dpopDefaults,
  baseUrl: true,
  nonceSecret: true
} satisfies Record<keyof DpopOptions, unknown>)

/** @param appKey - The key that signs the app's tokens. */
export function resolveDpop(options: DpopOptions, appKey: string | Buffer | undefined): ResolvedDpop {
  check.object('jwt.dpop', options, 'an object or false')
  check.keys('jwt.dpop', options, names)
  const { algorithms = dpopDefaults.algorithms, baseUrl } = options
  const baseUrls = baseUrl === undefined ? [] : toList<string>(baseUrl)
  if (baseUrls.length === 0)
    check.fail('jwt.dpop.baseUrl', 'the URL under which clients call the service', baseUrl)
  if (!Array.isArray(algorithms) || algorithms.length === 0)
    check.fail('jwt.dpop.algorithms', 'a list of algorithms', algorithms)
  for (const entry of algorithms) check.oneOf('jwt.dpop.algorithms', entry, dpopAlgorithms)
  const hasNonce = check.boolean('jwt.dpop.nonce', options.nonce ?? dpopDefaults.nonce)
  return {
    baseUrls: baseUrls.map(baseUrlOf),
    required: check.boolean('jwt.dpop.required', options.required ?? dpopDefaults.required),
    algorithms,
    maxAge: seconds('jwt.dpop.maxAge', options.maxAge ?? dpopDefaults.maxAge, 3600) * 1000,
    nonceSecret: hasNonce ? nonceSecretOf(options.nonceSecret, appKey) : undefined,
    onStoreError: check.oneOf('jwt.dpop.onStoreError', options.onStoreError ?? dpopDefaults.onStoreError, [
      'closed',
      'local'
    ])
  }
}

function baseUrlOf(value: string): string {
  const url = safeUrl('jwt.dpop.baseUrl', value)
  if (url.search !== '' || url.hash !== '')
    check.failWith('jwt.dpop.baseUrl', 'a URL without query and fragment', 'one with')
  return url.origin + normalisePath(url.pathname).replace(/\/+$/, '')
}

/** Every process makes the same nonces. Another secret than that of the tokens, derived from it. */
function nonceSecretOf(
  secret: DpopOptions['nonceSecret'],
  appKey: string | Buffer | undefined
): string | Buffer {
  if (secret !== undefined) return strongSecret('jwt.dpop.nonceSecret', reveal(secret))
  if (appKey === undefined)
    return check.failWith('jwt.dpop.nonceSecret', 'set with "nonce", the same in each process', 'nothing')
  return Buffer.from(hkdfSync('sha256', appKey, '', 'seaworthy dpop nonce', 32))
}
