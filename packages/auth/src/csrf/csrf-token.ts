import { randomBytes, timingSafeEqual } from 'node:crypto'
import { subjectOf } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'

const sessionKey = '__csrf'

/** The token in the session, and the user for whom it was made. */
interface StoredToken {
  readonly token: string
  readonly owner: string
}

/** The token for `x-csrf-token`. The session keeps it. */
export function tokenFor(request: FastifyRequest): string {
  if (!request.session)
    throw new Error('auth: csrfToken() keeps its token in the session: set the option "session"')
  const existing = storedToken(request)
  if (existing !== undefined) return existing
  const token = randomBytes(32).toString('base64url')
  const stored: StoredToken = { token, owner: ownerOf(request) }
  request.session.set(sessionKey, stored)
  return token
}

/** Whether the request has the token of its session. */
export function hasCsrfToken(request: FastifyRequest): boolean {
  const expected = request.session ? storedToken(request) : undefined
  const header = request.headers['x-csrf-token']
  if (expected === undefined || typeof header !== 'string') return false
  const [a, b] = [Buffer.from(expected), Buffer.from(header)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const ownerOf = ({ session }: FastifyRequest): string => subjectOf(session.get('user')) ?? ''

/** A token from before the login is void: an attacker who planted the session in the browser has it. */
function storedToken(request: FastifyRequest): string | undefined {
  const { token, owner } = (request.session.get(sessionKey) ?? {}) as Partial<StoredToken>
  return typeof token === 'string' && owner === ownerOf(request) ? token : undefined
}
