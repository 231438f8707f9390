import type { SignerMethods } from 'fastify'
import type { Overridable } from '@seaworthy/contract'

// The decorators of @fastify/cookie, which `session`, `oauth2` and `jwt.cookie` register. The official declarations could
// conflict with those of an app. These give way to the app's and to the official ones.

/** Attributes of a cookie. */
export interface CookieOptions {
  domain?: string
  /** Encodes the value. Default `encodeURIComponent`. */
  encode?(value: string): string
  expires?: Date
  httpOnly?: boolean
  /** **Seconds**, as in the cookie. */
  maxAge?: number
  partitioned?: boolean
  path?: string
  priority?: 'low' | 'medium' | 'high'
  sameSite?: 'lax' | 'none' | 'strict' | boolean
  /** `auto` means only over https. */
  secure?: boolean | 'auto'
  /** Signs the value. It needs a secret for cookies. */
  signed?: boolean
}

/** The content of a signed cookie. */
export type UnsignedCookie =
  | { valid: true; renew: boolean; value: string }
  | { valid: false; renew: false; value: null }

interface CookieInstance {
  /** Formats a cookie as the value of a `Set-Cookie` header. */
  serializeCookie: Overridable<this, (name: string, value: string, options?: CookieOptions) => string>
  /** Parses a `Cookie` header. */
  parseCookie: Overridable<this, (header: string) => Record<string, string>>
}

interface CookieRequest {
  /** The request's cookies, by name. */
  cookies: Overridable<this, Record<string, string | undefined>>
}

interface CookieReply {
  /** Sets a cookie. */
  setCookie: Overridable<this, (name: string, value: string, options?: CookieOptions) => this>
  /** The same as `setCookie`. */
  cookie: Overridable<this, (name: string, value: string, options?: CookieOptions) => this>
  /** Removes a cookie. The attributes must be those with which it was set. */
  clearCookie: Overridable<this, (name: string, options?: CookieOptions) => this>
}

interface CookieSigner {
  /** Signs a value with the secret of the cookies. `session` sets one. */
  signCookie: Overridable<this, (value: string) => string>
  /** Checks a signed value. */
  unsignCookie: Overridable<this, (value: string) => UnsignedCookie>
}

declare module 'fastify' {
  // If @fastify/cookie is declared too, this interface has its members. A type that extends both must inherit the same.
  // oxlint-disable-next-line typescript/no-empty-object-type -- its keys show whether @fastify/cookie is declared
  interface SignerMethods {}
  interface FastifyInstance extends CookieInstance, CookieSigning {}
  interface FastifyRequest extends CookieRequest, CookieSigning {}
  interface FastifyReply extends CookieReply, CookieSigning {}
}

type CookieSigning = 'signCookie' extends keyof SignerMethods ? SignerMethods : CookieSigner
