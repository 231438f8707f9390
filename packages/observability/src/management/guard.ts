import { createHash, timingSafeEqual } from 'node:crypto'
import { BoundedMap, reveal, type Secret } from '@seaworthy/internal'
import type { FastifyReply, onRequestHookHandler } from 'fastify'
import { check, optionalAddressList } from '../check.ts'

/** Lets a request pass, or answers it with 401, 403 or 429. `undefined` without a token and a list. */
export type Guard = onRequestHookHandler | undefined

/** The options of a guard. With both, both must match. */
export interface GuardOptions {
  token?: string | Secret | undefined
  allow?: readonly string[] | undefined
}

/** Wrong tokens that an address may send in a minute before it gets 429. The right one always passes. */
const maxFailures = 30
const minute = 60_000
/** Characters of a token. */
const minLength = 16

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The token of `Bearer TOKEN`, or the password of `Basic …`, whatever the user's name is. */
function tokenIn(authorization: string, acceptsBasic: boolean): string {
  const space = authorization.indexOf(' ')
  const scheme = authorization.slice(0, space).toLowerCase()
  const value = authorization.slice(space + 1).trim()
  if (scheme === 'bearer') return value
  if (scheme !== 'basic' || !acceptsBasic) return ''
  const text = Buffer.from(value, 'base64').toString()
  return text.slice(text.indexOf(':') + 1)
}

/**
 * A guard that checks a token, the address of the connection, or both. `option` is for the messages. With `basic`, the
 * token may also be the password of Basic authentication, which browsers ask their user for.
 */
export function resolveGuard(option: string, options: GuardOptions, { basic = false } = {}): Guard {
  const allows = optionalAddressList(`${option}.allow`, options.allow)
  const token: unknown = options.token === undefined ? undefined : reveal(options.token)
  if (token !== undefined && (typeof token !== 'string' || token.length < minLength)) {
    const value = typeof token === 'string' ? 'a shorter one' : token
    check.fail(`${option}.token`, `text of at least ${minLength} characters`, value)
  }
  if (token === undefined && allows === undefined) return undefined

  // Digests have one length, so that comparing them takes the same time for any token.
  const expected = options.token === undefined ? undefined : currentDigest(options.token)
  const hasToken = (authorization = ''): boolean =>
    expected === undefined || timingSafeEqual(digest(tokenIn(authorization, basic)), expected())
  const challenges = basic ? ['Basic realm="operators", charset="UTF-8"', 'Bearer'] : 'Bearer'
  const failures = new FailedTokens()

  return (request, reply, done) => {
    const address = request.raw.socket.remoteAddress ?? ''
    const { authorization } = request.headers
    if (allows !== undefined && !allows(address)) {
      reject(reply, 403, 'Forbidden', 'Your address is not on the list')
    } else if (hasToken(authorization)) {
      done()
    } else if (authorization !== undefined && failures.isOver(address)) {
      reply.header('retry-after', '60')
      reject(reply, 429, 'Too Many Requests', 'Too many wrong tokens; wait a minute')
    } else {
      reply.header('www-authenticate', challenges)
      reject(reply, 401, 'Unauthorized', 'A valid bearer token is needed')
    }
  }
}

/** The digest of a token that may change, such as one in a file. Too short a token changes nothing. */
function currentDigest(token: string | Secret): () => Buffer {
  let text = reveal(token)
  let expected = digest(text)
  return () => {
    const current = reveal(token)
    if (current !== text && current.length >= minLength) expected = digest((text = current))
    return expected
  }
}

/** Ends a request of the operators' listener. */
export function reject(reply: FastifyReply, statusCode: number, error: string, message: string): void {
  reply.code(statusCode).send({ statusCode, error, message })
}

/** Counts wrong tokens by address, for the last addresses that sent one. */
class FailedTokens {
  readonly #counts = new BoundedMap<{ count: number; since: number }>(1000)

  /** Counts one, and returns whether the address has sent too many. */
  isOver(address: string): boolean {
    const now = performance.now()
    const entry = this.#counts.get(address)
    if (entry !== undefined && now - entry.since < minute) return ++entry.count > maxFailures
    this.#counts.set(address, { count: 1, since: now })
    return false
  }
}
