import type { FastifyRequest } from 'fastify'
import type { StoredSession } from '../stores/store.ts'
import type { Session } from './decorators.ts'
import type { createFindRecord } from './find-record.ts'
import type { ResolvedSession } from './options.ts'
import type { SessionCookies } from './session-cookies.ts'
import { createSession, idKey } from './session.ts'

interface LoadDependencies {
  readonly cookies: SessionCookies
  readonly findRecord: ReturnType<typeof createFindRecord>
  readonly isRevoked: (record: StoredSession) => boolean
}

/** The session in a cookie: that of a user has a record. */
interface Found {
  readonly session: Session
  readonly record?: StoredSession
}

/** Makes the function that gives a request the session of its cookie. It returns the record, if there is a user. */
export function createLoadSession(
  { absoluteTimeout }: ResolvedSession,
  { cookies, findRecord, isRevoked }: LoadDependencies
): (request: FastifyRequest, cookie: string) => Promise<StoredSession | undefined> {
  /** Returns `undefined` for a cookie that is forged or too old. */
  async function open(cookie: string): Promise<Found | undefined> {
    const session = await cookies.open(cookie)
    if (session === undefined) return undefined
    const id = session.get(idKey)
    const user = session.get('user')
    // A user without a session id: a cookie of another app with the same key.
    if (typeof id !== 'string') return { session: user === undefined ? session : createSession() }
    const record = await findRecord(id, user)
    // The session has ended: the content of its cookie is void.
    return record === undefined || record.createdAt + absoluteTimeout <= Date.now() || isRevoked(record)
      ? { session: createSession() }
      : { session, record }
  }

  /** After a change of "domain" or "path" a browser sends the old cookie too, and before the new one. */
  async function openFurther(request: FastifyRequest, first: Found | undefined): Promise<Found | undefined> {
    let found = first
    for (const cookie of cookies.furtherValuesOf(request)) {
      const next = await open(cookie)
      if (next?.record !== undefined) return next
      found ??= next
    }
    return found
  }

  return async (request, cookie) => {
    const first = await open(cookie)
    const found = first?.record === undefined ? await openFurther(request, first) : first
    if (found !== undefined) request.session = found.session
    return found?.record
  }
}
