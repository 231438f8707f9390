import { check, milliseconds } from '../core/option-checks.ts'

/**
 * How many requests one key may send.
 *
 * @example
 * const quota: ApiKeyQuota = { max: 10_000, timeWindow: '1 day' }
 * const apiKeys: ApiKeyOptions = { find: () => undefined, quota }
 */
export interface ApiKeyQuota {
  /**
   * Requests within the window. At least 1.
   *
   * @defaultValue none: required
   */
  max: number

  /**
   * The window, which slides: milliseconds from 1 to 366 days, or a text with a unit (`'1 day'`).
   *
   * @defaultValue none: required
   */
  timeWindow: number | string
}

/**
 * The argument of `onUse`.
 *
 * @example
 * const seen = new Map<string, number>()
 * const apiKeys: ApiKeyOptions = { find: () => undefined, onUse: ({ id, at }: ApiKeyUse) => seen.set(id, at) }
 */
export interface ApiKeyUse {
  readonly id: string
  readonly subject: string
  /** When, in **milliseconds** since 1970. */
  readonly at: number
  readonly ip: string
}

/**
 * The app's record of an API key. The key itself is stored nowhere.
 *
 * @example
 * const record: ApiKeyRecord = { hash: app.auth.apiKeys.create().hash, sub: 'partner', scopes: ['orders:read'] }
 */
export interface ApiKeyRecord {
  /** SHA-256 of the key, as returned by `app.auth.apiKeys.create()`. */
  hash: string
  /** The owner's id. */
  sub: string
  roles?: readonly string[]
  scopes?: readonly string[]
  /** When it expires, in **milliseconds** since 1970. */
  expiresAt?: number
  /** The id of the key that has replaced it. It is then valid until `expiresAt` only, and not at all without. */
  replacedBy?: string
  /** The quota of this key; `false` for none. Without it that of the option `quota` applies. */
  quota?: ApiKeyQuota | false
}

/**
 * Options of API keys.
 *
 * @example
 * const keys = new Map<string, ApiKeyRecord>()
 * const apiKeys: ApiKeyOptions = { find: (id) => keys.get(id), prefix: 'shop' }
 * await app.register(auth, { apiKeys })
 */
export interface ApiKeyOptions {
  /**
   * Finds a key's record by the id in the key.
   *
   * @defaultValue none: required
   */
  find: (id: string) => ApiKeyRecord | null | undefined | Promise<ApiKeyRecord | null | undefined>

  /**
   * The start of each key, so that scanners find leaked ones: 1 to 16 letters and digits.
   *
   * @defaultValue 'sk'
   */
  prefix?: string

  /**
   * The request header that has the key.
   *
   * @defaultValue 'x-api-key'
   */
  header?: string

  /**
   * Requests of one key, for keys without a quota of their own. The rate limits of `@seaworthy/security` count them, in
   * Redis if they do.
   *
   * @defaultValue none: only keys with a quota in their record have one
   * @throws RangeError at the start if the app has no such rate limits.
   */
  quota?: ApiKeyQuota

  /**
   * Look-ups within a minute that may find no valid key, for one address (IPv6: one /64) and process. Further ones get
   * 429 before `find` is called, unless the key was valid not long ago. Texts without the right checksum are never looked
   * up. Attempts, 1 to 100000.
   *
   * @defaultValue 100
   */
  attempts?: number

  /**
   * Called when a key is used, once per `useInterval`, key and process. No request waits for it, and its errors are only
   * logged.
   *
   * @defaultValue none: uses are not noted
   */
  onUse?: (use: ApiKeyUse) => unknown

  /**
   * The time between two calls of `onUse` for one key, and between two audit events about a key that was replaced.
   * Milliseconds, 1000 to 86400000, or a text with a unit (`'5 minutes'`).
   *
   * @defaultValue 60000
   */
  useInterval?: number | string
}

export interface ResolvedQuota {
  readonly max: number
  /** **Milliseconds**. */
  readonly window: number
}

export interface ResolvedApiKeys extends Pick<ApiKeyOptions, 'find' | 'onUse'> {
  readonly prefix: string
  readonly header: string
  readonly quota: ResolvedQuota | undefined
  readonly attempts: number
  readonly useInterval: number
}

export const apiKeyDefaults = {
  prefix: 'sk',
  header: 'x-api-key',
  attempts: 100,
  useInterval: 60_000
} as const satisfies Partial<ApiKeyOptions>

const day = 86_400_000

/** Checks a quota. */
export function quotaOf(option: string, quota: ApiKeyQuota): ResolvedQuota {
  check.object(option, quota)
  check.keys(option, quota, ['max', 'timeWindow'])
  return {
    max: check.integer(`${option}.max`, quota.max, { min: 1 }),
    window: milliseconds(`${option}.timeWindow`, quota.timeWindow, 1, 366 * day)
  }
}

export function resolveApiKeys({
  find,
  onUse,
  quota,
  prefix = apiKeyDefaults.prefix,
  header = apiKeyDefaults.header,
  attempts = apiKeyDefaults.attempts,
  useInterval = apiKeyDefaults.useInterval,
  ...unknown
}: ApiKeyOptions): ResolvedApiKeys {
  check.keys('apiKeys', unknown, ['find', 'onUse', 'quota', ...Object.keys(apiKeyDefaults)])
  check.fn('apiKeys.find', find)
  if (onUse !== undefined) check.fn('apiKeys.onUse', onUse)
  if (typeof prefix !== 'string' || !/^[A-Za-z0-9]{1,16}$/.test(prefix))
    check.fail('apiKeys.prefix', '1 to 16 letters and digits', prefix)
  return {
    find,
    ...(onUse && { onUse }),
    prefix,
    header: check.string('apiKeys.header', header).toLowerCase(),
    quota: quota && quotaOf('apiKeys.quota', quota),
    attempts: check.integer('apiKeys.attempts', attempts, { min: 1, max: 100_000 }),
    useInterval: milliseconds('apiKeys.useInterval', useInterval, 1000, day)
  }
}
