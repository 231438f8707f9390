import type { SignerMethods } from 'fastify'
import type { Overridable } from '@seaworthy/contract'

// The decorators of @fastify/cookie, which `session`, `oauth2` and `jwt.cookie` register. The official declarations could
// conflict with those of an app. These give way to the app's and to the official ones.

/**
 * Attributes of a cookie, as in RFC 6265bis.
 *
 * @example
 * const options: CookieOptions = { path: '/', httpOnly: true, secure: true }
 * app.get('/theme', async (_request, reply) => reply.setCookie('theme', 'dark', options).send('set'))
 */
export interface CookieOptions {
  /**
   * The domain whose subdomains get the cookie too.
   *
   * @defaultValue none: only the host that sets it
   */
  domain?: string

  /** Encodes the value. Default `encodeURIComponent`. */
  encode?(value: string): string

  /**
   * The time at which the browser drops the cookie. `maxAge` wins over it.
   *
   * @defaultValue none: when the browser closes
   */
  expires?: Date

  /**
   * Whether scripts of the page cannot read the cookie.
   *
   * @defaultValue false
   */
  httpOnly?: boolean

  /**
   * How long the browser keeps the cookie. **Seconds**, as in the cookie itself; 0 or below removes it at once.
   *
   * @defaultValue none: until the browser closes
   */
  maxAge?: number

  /**
   * Whether an embedded page has its own copy for each site that embeds it (CHIPS). It needs `secure`.
   *
   * @defaultValue false
   */
  partitioned?: boolean

  /**
   * The path below which the browser sends the cookie.
   *
   * @defaultValue none: the folder of the request's path
   */
  path?: string

  /**
   * Which cookies Chromium drops first where a site has too many.
   *
   * @defaultValue none: `medium`
   */
  priority?: 'low' | 'medium' | 'high'

  /**
   * Whether requests from other sites carry the cookie. `true` means `strict`.
   *
   * @defaultValue none: browsers take `lax`
   */
  sameSite?: 'lax' | 'none' | 'strict' | boolean

  /**
   * Whether the cookie goes only over https. `auto`: if this request came over https.
   *
   * @defaultValue false
   */
  secure?: boolean | 'auto'

  /**
   * Whether the value is signed. It needs a secret for cookies.
   *
   * @defaultValue false
   */
  signed?: boolean
}

/**
 * The content of a signed cookie.
 *
 * @example
 * app.get('/visits', async (request) => {
 *   const cookie: UnsignedCookie = request.unsignCookie(request.cookies['visits'] ?? '')
 *   return cookie.valid ? cookie.value : '0'
 * })
 */
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
