import type { FastifyBaseLogger } from 'fastify'
import type { Overridable } from '@seaworthy/contract'
import type { CookieOptions } from '../types/cookies.ts'

// What @fastify/secure-session brings, which `session` registers, in types that give way to the app's.

/**
 * What the app keeps in sessions. What it does not list is `unknown`.
 *
 * @example
 * declare module '@seaworthy/auth' { interface SessionData { cart: string[] } }
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- the app adds to it
export interface SessionData {}

/** A key of a session: those of `SessionData` are known, any other may be used. */
// oxlint-disable-next-line typescript/no-redundant-type-constituents -- the keys are the app's to add
export type SessionKey = keyof SessionData | (string & {})
/** What a session may keep under a key. */
export type SessionValue<Key extends SessionKey> = Key extends keyof SessionData
  ? SessionData[Key] | undefined
  : unknown

/** A session's methods. */
export interface SessionMethods {
  /** It was written to, so the cookie is sent. */
  changed: boolean
  deleted: boolean
  get<Key extends SessionKey>(key: Key): SessionValue<Key>
  /** Under `user` is who is logged in. */
  set<Key extends SessionKey>(key: Key, value: SessionValue<Key>): void
  /** All that it keeps. */
  data(): Partial<SessionData> & Record<string, unknown>
  /** Ends the session. */
  delete(): void
  /** Attributes of this session's cookie. */
  options(options: CookieOptions): void
  /** Sends the cookie again, though nothing has changed. */
  touch(): void
  /** Forgets all keys but these. */
  regenerate(keep?: string[]): void
}

/** `request.session`, where the option `session` is given. */
export type Session = SessionMethods & Partial<SessionData>

interface SessionRequest {
  /** What is kept of this browser, in an encrypted cookie. */
  session: Overridable<this, Session>
}

interface SessionInstance {
  /** A session of its own, for tests and for what is not a request. */
  createSecureSession: Overridable<this, (data?: Record<string, unknown>) => Session>
  /** The session of a cookie's value; null where it does not hold. */
  decodeSecureSession: Overridable<
    this,
    (cookie: string, log?: FastifyBaseLogger, sessionName?: string) => Session | null
  >
  /** A session as a cookie's value. */
  encodeSecureSession: Overridable<this, (session: Session, sessionName?: string) => string>
}

declare module 'fastify' {
  interface FastifyInstance extends SessionInstance {}
  interface FastifyRequest extends SessionRequest {}
}
