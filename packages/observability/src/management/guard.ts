import { createHash, timingSafeEqual } from 'node:crypto'
import type { onRequestHookHandler } from 'fastify'
import { addresses, check } from '../check.ts'

/** Lets a request pass, or answers it with 401 or 403. Undefined where nothing guards. */
export type Guard = onRequestHookHandler | undefined

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** A guard from a bearer token, a list of addresses, or both: then both must be right. */
export function resolveGuard(option: string, token: unknown, allow: unknown): Guard {
  const allowed = addresses(`${option}.allow`, allow)
  if (token !== undefined && (typeof token !== 'string' || token.length < 16)) {
    check.fail(
      `${option}.token`,
      'text of at least 16 characters',
      typeof token === 'string' ? 'a shorter one' : token
    )
  }
  if (token === undefined && allowed === undefined) return undefined

  // Digests have one length, so comparing them takes the same time for any token.
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`)
  return (request, reply, done) => {
    if (allowed !== undefined && !allowed(request.raw.socket.remoteAddress ?? '')) {
      reply
        .code(403)
        .send({ statusCode: 403, error: 'Forbidden', message: 'Your address is not on the list' })
    } else if (
      expected !== undefined &&
      !timingSafeEqual(digest(request.headers.authorization ?? ''), expected)
    ) {
      reply
        .code(401)
        .header('www-authenticate', 'Bearer')
        .send({ statusCode: 401, error: 'Unauthorized', message: 'A valid bearer token is needed' })
    } else done()
  }
}
