import { optionChecks } from '@seaworthy/internal'

/** What an API key stands for, as the app keeps it. The key itself is kept nowhere. */
export interface ApiKeyRecord {
  /** SHA-256 of the key, as `app.auth.apiKeys.create()` gave it. */
  hash: string
  /** Whose key it is. */
  sub: string
  roles?: readonly string[]
  scopes?: readonly string[]
  /** When it ends, in **milliseconds** since 1970. */
  expiresAt?: number
}

/** Options of API keys. */
export interface ApiKeyOptions {
  /** Finds a key's record by its id, which is a part of the key. */
  find: (id: string) => ApiKeyRecord | null | undefined | Promise<ApiKeyRecord | null | undefined>

  /**
   * What keys start with, so that scanners find leaked ones. Letters and digits.
   *
   * @defaultValue 'sk'
   */
  prefix?: string

  /**
   * The request header that carries the key.
   *
   * @defaultValue 'x-api-key'
   */
  header?: string
}

const check = optionChecks('auth')

export function resolveApiKeys(options: ApiKeyOptions): Required<ApiKeyOptions> {
  check.keys('apiKeys', options, ['find', 'prefix', 'header'])
  const { find, prefix = 'sk', header = 'x-api-key' } = options
  check.fn('apiKeys.find', find)
  if (typeof prefix !== 'string' || !/^[A-Za-z0-9]{1,16}$/.test(prefix)) {
    check.fail('apiKeys.prefix', '1 to 16 letters and digits', prefix)
  }
  return { find, prefix, header: check.string('apiKeys.header', header).toLowerCase() }
}
