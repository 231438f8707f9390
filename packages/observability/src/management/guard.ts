import { createHash, timingSafeEqual } from 'node:crypto'
import { reveal, type Secret } from '@seaworthy/internal'
import type { onRequestHookHandler } from 'fastify'
import { check, optionalAddressList } from '../check.ts'

/** Lets a request pass, or answers it with 401 or 403. `undefined` without a token and a list. */
export type Guard = onRequestHookHandler | undefined

/** The options of a guard. With both, both must match. */
export interface GuardOptions {
  token?: string | Secret | undefined
  allow?: readonly string[] | undefined
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** A guard that checks a bearer token, the address of the connection, or both. `option` is for the messages. */
export function resolveGuard(option: string, options: GuardOptions): Guard {
  const allows = optionalAddressList(`${option}.allow`, options.allow)
  const token: unknown = options.token === undefined ? undefined : reveal(options.token)
  if (token !== undefined && (typeof token !== 'string' || token.length < 16)) {
    const value = typeof token === 'string' ? 'a shorter one' : token
    check.fail(`${option}.token`, 'text of at least 16 characters', value)
  }
  if (token === undefined && allows === undefined) return undefined

  // Digests have one length, so that comparing them takes the same time for any token.
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`)
  const hasToken = (authorization = ''): boolean =>
    expected === undefined || timingSafeEqual(digest(authorization), expected)

  return (request, reply, done) => {
    if (allows !== undefined && !allows(request.raw.socket.remoteAddress ?? '')) {
      reply
        .code(403)
        .send({ statusCode: 403, error: 'Forbidden', message: 'Your address is not on the list' })
    } else if (!hasToken(request.headers.authorization)) {
      reply
        .code(401)
        .header('www-authenticate', 'Bearer')
        .send({ statusCode: 401, error: 'Unauthorized', message: 'A valid bearer token is needed' })
    } else done()
  }
}
