import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookiesOf, furtherCookies } from '../core/request-cookies.ts'
import type { Session } from './decorators.ts'
import type { ResolvedSession } from './options.ts'
import type { SealedCookies } from './sealed-cookies.ts'
import { createSession, idKey, stateOf } from './session.ts'

/** Reads and writes the cookies of sessions. */
export interface SessionCookies {
  valueOf(request: FastifyRequest): string | undefined
  /** The values of further cookies with the same name, of another domain or path. */
  furtherValuesOf(request: FastifyRequest): readonly string[]
  /** The session of a cookie. `undefined` for one that is forged, or older than `absoluteTimeout`. */
  open(value: string): Promise<Session | undefined>
  /** Sets the cookie of a changed session, or removes that of a deleted one. */
  write(reply: FastifyReply, session: Session): Promise<void>
  /** The bytes of the cookie's name and value, with the id that a new login gets. */
  bytesOf(session: Session): number
}

/** Cookies with the session's name that are opened after the first: a client may send thousands. */
const maxFurther = 3
/** An id as text: the length is that of each. */
const anyId = 'x'.repeat(43)

export function createSessionCookies(
  { cookieName, cookie, absoluteTimeout }: ResolvedSession,
  sealed: SealedCookies
): SessionCookies {
  return {
    valueOf: (request) => cookiesOf(request)[cookieName],
    furtherValuesOf: (request) => furtherCookies(request, cookieName, maxFurther),

    async open(value) {
      const opened = await sealed.open(value)
      if (opened === undefined || opened.changedAt * 1000 + absoluteTimeout <= Date.now()) return undefined
      const session = createSession(opened.content, opened.changedAt)
      // The response seals it with the current key.
      session.changed = opened.isOld
      return session
    },

    async write(reply, session) {
      const options = { ...cookie, ...stateOf(session).cookieOptions }
      if (session.deleted) {
        setCookie(reply, cookieName, '', { ...options, expires: new Date(0), maxAge: 0 })
        return
      }
      setCookie(reply, cookieName, await sealed.seal(stateOf(session)), options)
    },

    bytesOf(session) {
      const { content, changedAt } = stateOf(session)
      return cookieName.length + sealed.lengthOf({ content: { ...content, [idKey]: anyId }, changedAt })
    }
  }
}

/** Sets a cookie in `onSend`. @fastify/cookie with `hook: false` has written its header before, and would not again. */
function setCookie(reply: FastifyReply, name: string, value: string, options: CookieSerializeOptions): void {
  void reply.setCookie(name, value, options)
  const written = [reply.getHeader('set-cookie')].flat().some((each) => String(each).startsWith(`${name}=`))
  if (!written) void reply.header('set-cookie', reply.server.serializeCookie(name, value, options as object))
}
