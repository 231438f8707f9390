import { check } from '../core/option-checks.ts'

/**
 * Attributes of the session's cookie.
 *
 * @example
 * const cookie: SessionCookie = { sameSite: 'strict', secure: process.env['NODE_ENV'] !== 'development' }
 * await app.register(auth, { session: { key: process.env['SESSION_KEY']!, cookie } })
 */
export interface SessionCookie {
  /** The path below which the browser sends the cookie: it begins with `/`. */
  path?: string
  httpOnly?: boolean
  /** `false` only for development over plain http: the cookie then loses its `__Host-` name. */
  secure?: boolean
  /** `'none'` is for pages that other sites embed, and needs `secure`. */
  sameSite?: 'strict' | 'lax' | 'none' | boolean
  /** **Seconds**, as in the cookie. */
  maxAge?: number
  domain?: string
  /** Whether an embedded page has its own session for each site that embeds it (CHIPS). It needs `secure`. */
  partitioned?: boolean
}

export const cookieDefaults = {
  path: '/',
  httpOnly: true,
  secure: true,
  sameSite: 'lax'
} as const satisfies SessionCookie

const names = Object.keys({
  ...cookieDefaults,
  maxAge: true,
  domain: true,
  partitioned: true
} satisfies Record<keyof SessionCookie, unknown>)

/** A name of a cookie by RFC 6265. */
const cookieName = /^[\w!#$%&'*+.^`|~-]+$/
const domainName = /^\.?[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i
/** A path without the characters that end an attribute, or are not in a header. */
// oxlint-disable-next-line no-control-regex -- the expression looks for control characters
const path = /^\/[^;\u0000-\u001f\u007f-\uffff]*$/

/** The attributes of the cookie, with the defaults. Rejects those with which a browser drops the cookie. */
export function resolveCookie(options: SessionCookie | undefined): SessionCookie {
  if (options !== undefined) check.object('session.cookie', options)
  const cookie: SessionCookie = { ...cookieDefaults, ...options }
  check.keys('session.cookie', cookie, names)
  const option = (name: keyof SessionCookie): string => `session.cookie.${name}`
  const { domain, httpOnly, maxAge, partitioned, sameSite, secure } = cookie
  if (typeof cookie.path !== 'string' || !path.test(cookie.path))
    check.fail(option('path'), "a path that begins with '/'", cookie.path)
  if (domain !== undefined && !(typeof domain === 'string' && domainName.test(domain)))
    check.fail(option('domain'), 'the name of a host', domain)
  check.boolean(option('httpOnly'), httpOnly)
  // @fastify/cookie has this value too.
  if ((secure as unknown) !== 'auto') check.boolean(option('secure'), secure)
  if (typeof sameSite !== 'boolean')
    check.oneOf(option('sameSite'), String(sameSite).toLowerCase(), ['strict', 'lax', 'none'])
  if (maxAge !== undefined) check.integer(option('maxAge'), maxAge, { min: 1, unit: 'seconds' })
  if (partitioned !== undefined && check.boolean(option('partitioned'), partitioned) && secure !== true)
    check.failWith(option('partitioned'), 'used with "secure"', 'a cookie that is not secure')
  return cookie
}

/** The name of the cookie. Rejects one with which a browser drops it. */
export function resolveCookieName(name: string | undefined, cookie: SessionCookie): string {
  const isHostOnly = cookie.secure === true && cookie.path === '/' && cookie.domain === undefined
  const option = 'session.cookieName'
  if (name === undefined) return isHostOnly ? '__Host-session' : 'session'
  check.string(option, name)
  if (!cookieName.test(name)) check.fail(option, 'letters, digits and signs that a cookie may have', name)
  if (
    /^__host-/i.test(name) &&
    (cookie.secure === false || cookie.path !== '/' || cookie.domain !== undefined)
  )
    check.fail(
      option,
      'without "__Host-" unless the cookie is secure, of the path / and without a domain',
      name
    )
  if (/^__secure-/i.test(name) && cookie.secure === false)
    check.fail(option, 'without "__Secure-" unless the cookie is secure', name)
  return name
}
