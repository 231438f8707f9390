import { optionChecks, reveal, type Secret } from '@seaworthy/internal'
import { strongSecret } from '../tokens/keys.ts'
import { listed } from '../core/option-checks.ts'

/** Attributes of the session's cookie. */
export interface SessionCookie {
  path?: string
  httpOnly?: boolean
  /** `false` only for development over plain http; the cookie then loses its `__Host-` name. */
  secure?: boolean
  sameSite?: 'strict' | 'lax' | 'none' | boolean
  /** **Seconds**, as in the cookie. */
  maxAge?: number
  domain?: string
}

/** Options of sessions. One of `key` and `secret` is needed. */
export interface SessionOptions {
  /** Encrypts the cookie: 32 random bytes, in base64 or as a Buffer. A list is a rotation: the first encrypts. */
  key?: string | Secret | Buffer | readonly (string | Secret | Buffer)[]

  /** Derives the key from a secret of at least 32 bytes. Takes seconds and 256 MiB at start: prefer `key`. */
  secret?: string | Secret

  /** For `secret`: 16 bytes. */
  salt?: string | Secret | Buffer

  /** The cookie's name. Default `__Host-session`, `session` where the cookie can't have that name. */
  cookieName?: string

  /** Attributes of the cookie: by default `/`, HttpOnly, Secure, SameSite=Lax. */
  cookie?: SessionCookie

  /**
   * A session ends when it hasn't been used for so long, in **milliseconds**.
   *
   * @defaultValue 1800000
   */
  idleTimeout?: number

  /**
   * A session ends this long after login, in **milliseconds**.
   *
   * @defaultValue 86400000
   */
  absoluteTimeout?: number

  /**
   * When Redis can't be asked: `closed` answers 503 to whoever brings a session, `open` trusts the cookie.
   *
   * @defaultValue 'closed'
   */
  onStoreError?: 'closed' | 'open'
}

/** Options of the protection against cross-site requests. */
export interface CsrfOptions {
  /** Other origins that may write: `https://app.example.com`. */
  trustedOrigins?: readonly string[]

  /**
   * What a write needs that says nothing of where it comes from (no `Sec-Fetch-Site`, no `Origin`: no browser since
   * 2020, but programs): `allow` lets it pass, `token` wants `x-csrf-token`, from `app.auth.csrfToken(request)`.
   *
   * @defaultValue 'allow'
   */
  unknownOrigin?: 'allow' | 'token'
}

export interface ResolvedSession {
  key: Buffer[] | undefined
  secret: string | undefined
  salt: Buffer | undefined
  cookieName: string
  cookie: SessionCookie
  idleTimeout: number
  absoluteTimeout: number
  onStoreError: 'closed' | 'open'
}

export interface ResolvedCsrf {
  trusted: ReadonlySet<string>
  unknownOrigin: 'allow' | 'token'
}

const check = optionChecks('auth')
const names = [
  'key',
  'secret',
  'salt',
  'cookieName',
  'cookie',
  'idleTimeout',
  'absoluteTimeout',
  'onStoreError'
]

export function resolveSession(options: SessionOptions): ResolvedSession {
  check.keys('session', options, names)
  const { key, secret, salt, cookieName, idleTimeout = 1_800_000, absoluteTimeout = 86_400_000 } = options
  if (key === undefined && secret === undefined)
    check.fail('session.key', '32 random bytes (openssl rand -base64 32)', undefined)
  const cookie = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' as const, ...options.cookie }
  check.keys('session.cookie', cookie, ['path', 'httpOnly', 'secure', 'sameSite', 'maxAge', 'domain'])
  const hostOnly = cookie.secure && cookie.path === '/' && cookie.domain === undefined
  const milliseconds = { min: 1000, unit: 'milliseconds' }
  return {
    key: key === undefined ? undefined : listed<string | Secret | Buffer>(key).map(keyBytes),
    secret: key === undefined && secret !== undefined ? strongSecret('session.secret', secret) : undefined,
    salt: salt === undefined ? undefined : saltBytes(salt),
    cookieName: check.string('session.cookieName', cookieName ?? (hostOnly ? '__Host-session' : 'session')),
    cookie,
    idleTimeout: check.integer('session.idleTimeout', idleTimeout, milliseconds),
    absoluteTimeout: check.integer('session.absoluteTimeout', absoluteTimeout, milliseconds),
    onStoreError: check.oneOf('session.onStoreError', options.onStoreError ?? 'closed', ['closed', 'open'])
  }
}

function keyBytes(value: string | Secret | Buffer): Buffer {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(reveal(value), 'base64')
  if (bytes.length !== 32)
    return check.fail('session.key', '32 bytes, in base64 or as a Buffer', `${bytes.length} bytes`)
  return new Set(bytes).size < 8 ? check.fail('session.key', '32 random bytes', 'a pattern') : bytes
}

function saltBytes(value: string | Secret | Buffer): Buffer {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(reveal(value), 'ascii')
  return bytes.length === 16 ? bytes : check.fail('session.salt', '16 bytes', `${bytes.length} bytes`)
}

export function resolveCsrf(options: CsrfOptions): ResolvedCsrf {
  check.keys('csrf', options, ['trustedOrigins', 'unknownOrigin'])
  const { trustedOrigins = [], unknownOrigin = 'allow' } = options
  for (const entry of trustedOrigins) {
    if (!URL.canParse(entry) || new URL(entry).origin !== entry) {
      check.fail('csrf.trustedOrigins', 'origins like https://app.example.com', entry)
    }
  }
  return {
    trusted: new Set(trustedOrigins),
    unknownOrigin: check.oneOf('csrf.unknownOrigin', unknownOrigin, ['allow', 'token'])
  }
}
