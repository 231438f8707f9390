import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CookieSerializeOptions } from '@fastify/cookie'
import type { ResolvedProvider } from './options.ts'

/** A login under way. It is kept in the browser that started it, and nowhere else. */
export interface Attempt {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly returnTo: string
}

const maxAge = 600
/** Logins that one browser may have under way, in as many tabs. */
const parallel = 5

/**
 * One cookie per attempt, so that two tabs don't take each other's. SameSite=Lax: the provider sends the browser back
 * by a navigation, which brings it.
 */
export function attemptsOf({ name, callback }: ResolvedProvider) {
  const secure = callback.protocol === 'https:'
  const prefix = `${secure ? '__Host-' : ''}login-${name}-`
  const options: CookieSerializeOptions = { path: '/', httpOnly: true, secure, sameSite: 'lax' }
  const cookieName = (state: string): string => prefix + state.slice(0, 12)

  return {
    keep(request: FastifyRequest, reply: FastifyReply, attempt: Attempt): void {
      const older = Object.keys(request.cookies).filter((cookie) => cookie.startsWith(prefix))
      for (const cookie of older.slice(0, Math.max(0, older.length - parallel + 1))) {
        void reply.clearCookie(cookie, options)
      }
      const value = Buffer.from(JSON.stringify(attempt)).toString('base64url')
      void reply.setCookie(cookieName(attempt.state), value, { ...options, maxAge })
    },

    /** Gives an attempt once: the cookie is gone afterwards. */
    take(request: FastifyRequest, reply: FastifyReply, state: unknown): Attempt | undefined {
      if (typeof state !== 'string' || !/^[\w-]{16,128}$/.test(state)) return undefined
      const cookie = request.cookies[cookieName(state)]
      if (cookie === undefined) return undefined
      void reply.clearCookie(cookieName(state), options)
      const attempt = parsed(cookie)
      return attempt?.state === state ? attempt : undefined
    }
  }
}

function parsed(cookie: string): Attempt | undefined {
  try {
    const value = JSON.parse(Buffer.from(cookie, 'base64url').toString('utf8')) as Partial<Attempt> | null
    const { state, nonce, verifier, returnTo } = value ?? {}
    const whole = [state, nonce, verifier, returnTo].every((entry) => typeof entry === 'string')
    return whole ? (value as Attempt) : undefined
  } catch {
    return undefined
  }
}
