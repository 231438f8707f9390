import { randomBytes } from 'node:crypto'
import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookiesOf } from './request-cookies.ts'

/** A login or logout in progress. Only the browser that started it has it. */
export interface LoginState {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly returnTo: string
}

/** A text that cannot be guessed. */
export const randomState = (): string => randomBytes(32).toString('base64url')

export interface StateCookies {
  set(request: FastifyRequest, reply: FastifyReply, login: LoginState): void
  /** Returns a login in progress once: it clears the cookie. */
  consume(request: FastifyRequest, reply: FastifyReply, state: unknown): LoginState | undefined
}

/** Seconds until a login in progress expires. */
const maxAge = 600
/** Logins in progress in one browser, in as many tabs. */
const maxLogins = 5

/**
 * The cookies of logins in progress, one for each, so that two tabs do not share one. SameSite=Lax, because the provider
 * redirects the browser back by a navigation from another site; a form of the provider needs SameSite=None.
 *
 * @param name - The start of their names.
 * @param callback - The URL to which the browser comes back.
 */
export function stateCookies(name: string, callback: URL, sameSite: 'lax' | 'none' = 'lax'): StateCookies {
  const secure = callback.protocol === 'https:'
  const prefix = `${secure ? '__Host-' : ''}${name}`
  const options: CookieSerializeOptions = { path: '/', httpOnly: true, secure, sameSite }
  const cookieName = (state: string): string => prefix + state.slice(0, 12)

  return {
    set(request, reply, login) {
      const existing = Object.keys(cookiesOf(request)).filter((cookie) => cookie.startsWith(prefix))
      for (const cookie of existing.slice(0, Math.max(0, existing.length - maxLogins + 1)))
        void reply.clearCookie(cookie, options)
      const value = Buffer.from(JSON.stringify(login)).toString('base64url')
      void reply.setCookie(cookieName(login.state), value, { ...options, maxAge })
    },

    consume(request, reply, state) {
      if (typeof state !== 'string' || !/^[\w-]{16,128}$/.test(state)) return undefined
      const cookie = cookiesOf(request)[cookieName(state)]
      if (cookie === undefined) return undefined
      void reply.clearCookie(cookieName(state), options)
      const login = parseLogin(cookie)
      return login?.state === state ? login : undefined
    }
  }
}

function parseLogin(cookie: string): LoginState | undefined {
  try {
    const value = JSON.parse(Buffer.from(cookie, 'base64url').toString('utf8')) as Partial<LoginState> | null
    const { state, nonce, verifier, returnTo } = value ?? {}
    const isComplete = [state, nonce, verifier, returnTo].every((entry) => typeof entry === 'string')
    return isComplete ? (value as LoginState) : undefined
  } catch {
    return undefined
  }
}
