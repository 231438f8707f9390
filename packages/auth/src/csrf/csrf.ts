import { randomBytes, timingSafeEqual } from 'node:crypto'
import { subjectOf } from '@seaworthy/internal'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { AuthError } from '../core/errors.ts'
import type { ResolvedCsrf } from './options.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
const sessionKey = '__csrf'

/** The token in the session, and the user for whom it was made. */
interface StoredToken {
  readonly token: string
  readonly owner: string
}

export interface Csrf {
  readonly onRequest: (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void
  /** The token for `x-csrf-token`. */
  readonly tokenFor: (request: FastifyRequest) => string
}

/** Compares hosts only: a proxy may terminate TLS. */
const isSameHost = (origin: string, request: FastifyRequest): boolean =>
  URL.canParse(origin) && new URL(origin).host === request.host

/** A WebSocket handshake is a GET, and the messages that follow may write. */
const isWrite = ({ method, headers }: FastifyRequest): boolean =>
  !safeMethods.has(method) || headers.upgrade?.toLowerCase() === 'websocket'

/**
 * Rejects writes that another site makes a browser send. It reads the origin that browsers state (`Sec-Fetch-Site`, else
 * `Origin`), so forms need no token and there is no cookie to plant.
 */
export function createCsrf(options: ResolvedCsrf, apiKeyHeader: string | undefined, audit: Audit): Csrf {
  const isAllowedOrigin = (request: FastifyRequest): boolean => {
    const { 'sec-fetch-site': site, origin } = request.headers
    if (origin !== undefined && options.trustedOrigins.has(origin)) return true
    if (site !== undefined) return site === 'same-origin' || site === 'none'
    if (origin !== undefined) return isSameHost(origin, request)
    return options.unknownOrigin === 'allow' || hasToken(request)
  }

  /** Browsers add cookies by themselves, but never these headers: such a request is no forgery. */
  const hasExplicitCredentials = ({ headers }: FastifyRequest): boolean =>
    (headers.authorization !== undefined && /^bearer /i.test(headers.authorization)) ||
    (apiKeyHeader !== undefined && headers[apiKeyHeader] !== undefined)

  return {
    onRequest(request, _reply, done) {
      if (!isWrite(request) || hasExplicitCredentials(request) || isAllowedOrigin(request)) return done()
      const code = 'AUTH_CROSS_SITE'
      audit.record({ type: 'csrf', outcome: 'denied', scheme: 'none', code }, request)
      done(new AuthError('Cross-site requests may not write here', { code, statusCode: 403 }))
    },
    tokenFor(request) {
      if (!request.session)
        throw new Error('auth: csrfToken() keeps its token in the session: set the option "session"')
      const existing = storedToken(request)
      if (existing !== undefined) return existing
      const token = randomBytes(32).toString('base64url')
      const stored: StoredToken = { token, owner: ownerOf(request) }
      request.session.set(sessionKey, stored)
      return token
    }
  }
}

const ownerOf = ({ session }: FastifyRequest): string => subjectOf(session.get('user')) ?? ''

/** A token from before the login is void: an attacker who planted the session in the browser has it. */
function storedToken(request: FastifyRequest): string | undefined {
  const { token, owner } = (request.session.get(sessionKey) ?? {}) as Partial<StoredToken>
  return typeof token === 'string' && owner === ownerOf(request) ? token : undefined
}

function hasToken(request: FastifyRequest): boolean {
  const expected = request.session ? storedToken(request) : undefined
  const header = request.headers['x-csrf-token']
  if (expected === undefined || typeof header !== 'string') return false
  const [a, b] = [Buffer.from(expected), Buffer.from(header)]
  return a.length === b.length && timingSafeEqual(a, b)
}
