import { check } from '../core/option-checks.ts'

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
}

export const apiKeyDefaults = {
  prefix: 'sk',
  header: 'x-api-key'
} as const satisfies Partial<ApiKeyOptions>

export function resolveApiKeys({
  find,
  prefix = apiKeyDefaults.prefix,
  header = apiKeyDefaults.header,
  ...unknown
}: ApiKeyOptions): Required<ApiKeyOptions> {
  check.keys('apiKeys', unknown, ['find', ...Object.keys(apiKeyDefaults)])
  check.fn('apiKeys.find', find)
  if (typeof prefix !== 'string' || !/^[A-Za-z0-9]{1,16}$/.test(prefix))
    check.fail('apiKeys.prefix', '1 to 16 letters and digits', prefix)
  return { find, prefix, header: check.string('apiKeys.header', header).toLowerCase() }
}
