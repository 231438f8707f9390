import { check } from '../core/option-checks.ts'

/** @fastify/jwt has an object here, and can sign the cookie too. */
export function cookieNameOf(cookie: unknown): string {
  if (typeof cookie !== 'object' || cookie === null) return check.string('jwt.cookie', cookie)
  const { cookieName, signed } = cookie as { cookieName?: unknown; signed?: unknown }
  const name = typeof cookieName === 'string' ? `'${cookieName}'` : 'a text'
  const rule =
    signed === true
      ? `the name of a cookie that is not signed (${name}): set it by setCookie without "signed", because the token has a signature`
      : `the name of the cookie (${name})`
  return check.failWith('jwt.cookie', rule, 'an object')
}
