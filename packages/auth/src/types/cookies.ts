import type { SignerMethods } from 'fastify'
import type { Overridable } from '@seaworthy/contract'

// What @fastify/cookie brings, which `session`, `oauth2` and `jwt.cookie` register. Its own declarations would come with
// members that an app may have declared otherwise, so these are ours: they give way to the app's and to the official ones.

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
  /** `auto`: only over https. */
  secure?: boolean | 'auto'
  /** Signs the value, where the cookies have a secret. */
  signed?: boolean
}

/** What a signed cookie says. */
export type UnsignedCookie =
  | { valid: true; renew: boolean; value: string }
  | { valid: false; renew: false; value: null }

interface CookieInstance {
  /** A cookie as the text of a `Set-Cookie` header. */
  serializeCookie: Overridable<this, (name: string, value: string, options?: CookieOptions) => string>
  /** The cookies of a `Cookie` header. */
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
  /** Takes a cookie away: give the attributes that it was set with. */
  clearCookie: Overridable<this, (name: string, options?: CookieOptions) => this>
}

interface CookieSigner {
  /** Signs a value with the secret of the cookies; `session` gives one. */
  signCookie: Overridable<this, (value: string) => string>
  /** Checks a signed value. */
  unsignCookie: Overridable<this, (value: string) => UnsignedCookie>
}

declare module 'fastify' {
  // Where @fastify/cookie is declared too, its members are in here, and what inherits from both must inherit the same.
  // oxlint-disable-next-line typescript/no-empty-object-type -- it is there to be asked for its keys
  interface SignerMethods {}
  interface FastifyInstance extends CookieInstance, CookieSigning {}
  interface FastifyRequest extends CookieRequest, CookieSigning {}
  interface FastifyReply extends CookieReply, CookieSigning {}
}

type CookieSigning = 'signCookie' extends keyof SignerMethods ? SignerMethods : CookieSigner
