import type { Overridable } from '@seaworthy/contract'
import type { CookieOptions } from '../types/cookies.ts'

// The decorators of @fastify/secure-session, in types that give way to the app's.

/**
 * The keys and values of the app's sessions. The value of any other key is `unknown`.
 *
 * @example
 * declare module '@seaworthy/auth' {
 *   interface SessionData {
 *     cart: string[]
 *   }
 * }
 * app.get('/cart', async (request) => request.session.get('cart') ?? [])
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- the app adds to it
export interface SessionData {}

/**
 * A key of a session: those of `SessionData`, and any other text.
 *
 * @example
 * const key: SessionKey = 'cart'
 * app.get('/cart', async (request) => request.session.get(key))
 */
// oxlint-disable-next-line typescript/no-redundant-type-constituents -- the keys are the app's to add
export type SessionKey = keyof SessionData | (string & {})
/**
 * The value of a session's key.
 *
 * @example
 * const language: SessionValue<'language'> = 'en'
 * app.post('/language', async (request) => request.session.set('language', language))
 */
export type SessionValue<Key extends SessionKey> = Key extends keyof SessionData
  ? SessionData[Key] | undefined
  : unknown

/**
 * A session's methods.
 *
 * @example
 * app.post('/logout', async (request) => request.session.delete())
 * app.post('/cart', async (request) => request.session.set('cart', ['book']))
 */
export interface SessionMethods {
  /** Whether the session was changed, so that the response has its cookie. */
  changed: boolean
  deleted: boolean
  get<Key extends SessionKey>(key: Key): SessionValue<Key>
  /** The key `user` has the user who is logged in. */
  set<Key extends SessionKey>(key: Key, value: SessionValue<Key>): void
  /** All keys and values. */
  data(): Partial<SessionData> & Record<string, unknown>
  /** Ends the session. */
  delete(): void
  /** Sets attributes of this session's cookie. */
  options(options: CookieOptions): void
  /** Sends the cookie although nothing has changed. */
  touch(): void
  /** Removes all keys except these, and gives the session a new id. */
  regenerate(keep?: string[]): void
}

/**
 * `request.session`, with the option `session`.
 *
 * @example
 * app.get('/cart', async (request) => {
 *   const session: Pick<Session, 'get'> = request.session
 *   return session.get('cart') ?? []
 * })
 */
export type Session = SessionMethods & Partial<SessionData>

interface SessionRequest {
  /** The browser's session, in an encrypted cookie. */
  session: Overridable<this, Session>
}

interface SessionInstance {
  /** Makes a session without a request, for tests. */
  createSecureSession: Overridable<this, (data?: Record<string, unknown>) => Session>
  /** Reads a session from a cookie's value. `null` if the cookie is not valid. */
  decodeSecureSession: Overridable<this, (cookie: string) => Promise<Session | null>>
  /** Formats a session as a cookie's value. */
  encodeSecureSession: Overridable<this, (session: Session) => Promise<string>>
}

declare module 'fastify' {
  interface FastifyInstance extends SessionInstance {}
  interface FastifyRequest extends SessionRequest {}
}
