import { reveal, type Secret } from '@seaworthy/internal'
import { check, toList } from '../core/option-checks.ts'
import {
  assertNoMovedOptions,
  movedFromFastifySession,
  movedFromSecureSession
} from '../core/moved-options.ts'
import { strongSecret } from '../core/strong-secret.ts'
import { cookieDefaults, resolveCookie, resolveCookieName, type SessionCookie } from './cookie-options.ts'

/**
 * Options of sessions. One of `key` and `secret` is required.
 *
 * @example
 * const session: SessionOptions = { key: process.env['SESSION_KEY']!, idleTimeout: 900_000 }
 * await app.register(auth, { session })
 */
export interface SessionOptions {
  /**
   * Encrypts the cookie (AES-256-GCM): 32 random bytes, in base64 or as a Buffer. A list is a rotation: the first key encrypts, all
   * decrypt.
   *
   * @defaultValue none: `secret` is used
   * @throws RangeError for another length, and for bytes that are not random.
   */
  key?: string | Secret | Buffer | readonly (string | Secret | Buffer)[]

  /**
   * Derives the key from a secret of at least 32 bytes, by scrypt.
   *
   * @defaultValue none: `key` is used
   */
  secret?: string | Secret

  /**
   * The salt for `secret`: 16 bytes.
   *
   * @defaultValue A salt of this package
   * @throws RangeError for another length.
   */
  salt?: string | Secret | Buffer

  /**
   * The cookie's name.
   *
   * @defaultValue `__Host-session`, or `session` if the cookie's attributes do not allow that name
   */
  cookieName?: string

  /**
   * Attributes of the cookie.
   *
   * @defaultValue { path: '/', httpOnly: true, secure: true, sameSite: 'lax' }
   */
  cookie?: SessionCookie

  /**
   * A session expires if it is not used for so long. Milliseconds, at least 1000.
   *
   * @defaultValue 1800000
   */
  idleTimeout?: number

  /**
   * A session expires this long after the login. Milliseconds, at least 1000.
   *
   * @defaultValue 86400000
   */
  absoluteTimeout?: number

  /**
   * Sessions that a user may have at a time, counted and limited in one step over all processes. Sessions, 1 to 1000.
   *
   * @defaultValue none: any number
   */
  maxSessions?: number

  /**
   * The effect of a login above `maxSessions`: `endOldest` ends the session with the oldest login, `reject` answers 403
   * `AUTH_TOO_MANY_SESSIONS`.
   *
   * @defaultValue 'endOldest'
   */
  onMaxSessions?: 'endOldest' | 'reject'

  /**
   * How sessions are treated while Redis does not answer: `closed` answers 503 to requests with a session, `open`
   * trusts the cookie.
   *
   * @defaultValue 'closed'
   */
  onStoreError?: 'closed' | 'open'
}

export interface ResolvedSession {
  readonly key: Buffer[] | undefined
  readonly secret: string | Buffer | undefined
  readonly salt: Buffer | undefined
  readonly cookieName: string
  readonly cookie: SessionCookie
  /** Milliseconds. */
  readonly idleTimeout: number
  /** Milliseconds. */
  readonly absoluteTimeout: number
  /** 0: any number. */
  readonly maxSessions: number
  readonly onMaxSessions: 'endOldest' | 'reject'
  readonly onStoreError: 'closed' | 'open'
}

export const sessionDefaults = {
  cookie: cookieDefaults,
  idleTimeout: 1_800_000,
  absoluteTimeout: 86_400_000,
  onMaxSessions: 'endOldest',
  onStoreError: 'closed'
} as const satisfies SessionOptions

const names = Object.keys({
  ...sessionDefaults,
  maxSessions: true,
  key: true,
  secret: true,
  salt: true,
  cookieName: true
} satisfies Record<keyof SessionOptions, unknown>)

export function resolveSession(options: SessionOptions): ResolvedSession {
  assertNoMovedOptions('session', options, '@fastify/secure-session', movedFromSecureSession)
  assertNoMovedOptions('session', options, '@fastify/session', movedFromFastifySession)
  check.keys('session', options, names)
  const { key, secret, salt, cookieName } = options
  if (key === undefined && secret === undefined)
    check.fail('session.key', '32 random bytes (openssl rand -base64 32)', undefined)
  const cookie = resolveCookie(options.cookie)
  const timeout = (name: 'idleTimeout' | 'absoluteTimeout'): number =>
    check.integer(`session.${name}`, options[name] ?? sessionDefaults[name], {
      min: 1000,
      unit: 'milliseconds'
    })
  return {
    key: key === undefined ? undefined : toList<string | Secret | Buffer>(key).map(keyBytes),
    secret: key === undefined && secret !== undefined ? strongSecret('session.secret', secret) : undefined,
    salt: salt === undefined ? undefined : saltBytes(salt),
    cookieName: resolveCookieName(cookieName, cookie),
    cookie,
    idleTimeout: timeout('idleTimeout'),
    absoluteTimeout: timeout('absoluteTimeout'),
    maxSessions:
      options.maxSessions === undefined
        ? 0
        : check.integer('session.maxSessions', options.maxSessions, { min: 1, max: 1000 }),
    onMaxSessions: check.oneOf(
      'session.onMaxSessions',
      options.onMaxSessions ?? sessionDefaults.onMaxSessions,
      ['endOldest', 'reject']
    ),
    onStoreError: check.oneOf('session.onStoreError', options.onStoreError ?? sessionDefaults.onStoreError, [
      'closed',
      'open'
    ])
  }
}

/** A key of sessions. @throws RangeError for another length, and for bytes that are not random. */
export function keyBytes(value: string | Secret | Buffer): Buffer {
  const bytes = bytesOf('session.key', value, 'base64')
  if (bytes.length !== 32)
    return check.failWith('session.key', '32 bytes, in base64 or as a Buffer', `${bytes.length} bytes`)
  return new Set(bytes).size < 8 ? check.failWith('session.key', '32 random bytes', 'a pattern') : bytes
}

function saltBytes(value: string | Secret | Buffer): Buffer {
  const bytes = bytesOf('session.salt', value, 'ascii')
  return bytes.length === 16 ? bytes : check.failWith('session.salt', '16 bytes', `${bytes.length} bytes`)
}

function bytesOf(option: string, value: string | Secret | Buffer, encoding: 'base64' | 'ascii'): Buffer {
  if (Buffer.isBuffer(value)) return value
  const text: unknown = reveal(value)
  return typeof text === 'string'
    ? Buffer.from(text, encoding)
    : check.failWith(option, 'text or a Buffer', typeof text)
}
