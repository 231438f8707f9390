import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { AuthError } from '../core/errors.ts'
import { subjectOf } from '../core/identity.ts'
import type { ResolvedCsrf } from '../sessions/options.ts'

const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
const tokenKey = '__csrf'

/** Kept in the session. */
interface Kept {
  readonly token: string
  readonly owner: string
}

export interface Csrf {
  onRequest: (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void
  token: (request: FastifyRequest) => string
}

/** `https://app.example.com` is where the request went: by its host, since a proxy may have ended TLS. */
function sameHost(origin: string, request: FastifyRequest): boolean {
  return URL.canParse(origin) && new URL(origin).host === request.host
}

/** A handshake is a GET, and what comes through the socket then writes. */
const writes = ({ method, headers }: FastifyRequest): boolean =>
  !safe.has(method) || headers.upgrade?.toLowerCase() === 'websocket'

/**
 * Refuses writes that another site makes a browser send, by what browsers say of where a request comes from
 * (`Sec-Fetch-Site`, else `Origin`): nothing to render into forms, nothing to plant.
 */
export function createCsrf(options: ResolvedCsrf, apiKeyHeader: string | undefined, audit: Audit): Csrf {
  const fine = (request: FastifyRequest): boolean => {
    const { 'sec-fetch-site': site, origin } = request.headers
    if (origin !== undefined && options.trusted.has(origin)) return true
    if (site !== undefined) return site === 'same-origin' || site === 'none'
    if (origin !== undefined) return sameHost(origin, request)
    return options.unknownOrigin === 'allow' || hasToken(request)
  }

  return {
    onRequest(request, _reply, done) {
      if (!writes(request)) return done()
      const { authorization } = request.headers
      // Only what a browser adds by itself can be abused: it adds cookies, never these headers.
      const explicit =
        (authorization !== undefined && /^bearer /i.test(authorization)) ||
        (apiKeyHeader !== undefined && request.headers[apiKeyHeader] !== undefined)
      if (explicit || fine(request)) return done()
      audit.record({ type: 'csrf', outcome: 'denied', scheme: 'none', code: 'AUTH_CROSS_SITE' }, request)
      done(new AuthError('AUTH_CROSS_SITE', 403, 'Cross-site requests may not write here'))
    },
    token(request) {
      if (!request.session) throw new Error('auth: a CSRF token is kept in the session: give "session"')
      const known = keptFor(request)
      if (known !== undefined) return known
      const token = randomBytes(32).toString('base64url')
      const kept: Kept = { token, owner: ownerOf(request) }
      request.session.set(tokenKey, kept)
      return token
    }
  }
}

function ownerOf({ session }: FastifyRequest): string {
  const user: unknown = session.get('user')
  return (typeof user === 'object' && user !== null && subjectOf(user as Record<string, unknown>)) || ''
}

/** One from before a login holds no longer: whoever planted that session in the browser knows it. */
function keptFor(request: FastifyRequest): string | undefined {
  const { token, owner } = (request.session.get(tokenKey) ?? {}) as Partial<Kept>
  return typeof token === 'string' && owner === ownerOf(request) ? token : undefined
}

function hasToken(request: FastifyRequest): boolean {
  const expected = request.session ? keptFor(request) : undefined
  const shown = request.headers['x-csrf-token']
  if (expected === undefined || typeof shown !== 'string') return false
  const [a, b] = [Buffer.from(expected), Buffer.from(shown)]
  return a.length === b.length && timingSafeEqual(a, b)
}
