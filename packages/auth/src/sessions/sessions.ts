import { randomBytes } from 'node:crypto'
import type { Session } from '@fastify/secure-session'
import { subjectOf } from '@seaworthy/internal'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { sessionTooLarge, storeUnavailable } from '../core/errors.ts'
import { check } from '../core/option-checks.ts'
import type { AuthStore, SessionRecord } from '../stores/store.ts'
import { cookieBytesOf, fitsIntoCookie } from './cookie-size.ts'
import type { ResolvedSession } from './options.ts'
import type { SessionHooks, Sessions } from './types.ts'

/** The session at the start of the request. */
interface LoadedSession {
  readonly record: SessionRecord
  /** {@link fingerprint} of its user. */
  readonly user: string
}

export interface SessionDependencies {
  readonly store: AuthStore
  readonly audit: Audit
  readonly log: FastifyBaseLogger
  /** Makes an empty session. */
  readonly createSession: () => Session
}

const idKey = '__sid'
/** A session's `lastSeen` is saved once in this share of the idle time. */
const touchShare = 0.1

const createId = (): string => randomBytes(32).toString('base64url')
const sessionOf = (request: FastifyRequest): Session | null | undefined => request.session

/** The properties of a user whose change gives the session a new id: the subject and the roles. */
const fingerprint = (user: unknown): string => {
  if (typeof user !== 'object' || user === null) return JSON.stringify(user) ?? ''
  const { roles, role } = user as Record<string, unknown>
  return JSON.stringify([subjectOf(user), roles, role])
}

/** Checks a user's id: without one, "all sessions of the user" would be none. */
const checkSubject = (subject: unknown): string =>
  subjectOf({ sub: subject }) || check.fail('sessions', "called with a user's id", subject)

export function createSessions(
  options: ResolvedSession,
  { store, audit, log, createSession }: SessionDependencies
): Sessions & SessionHooks {
  const { idleTimeout, absoluteTimeout } = options
  const loaded = new WeakMap<FastifyRequest, LoadedSession>()
  const rotating = new WeakSet<FastifyRequest>()

  const ttlOf = ({ createdAt }: SessionRecord): number =>
    Math.max(1, Math.min(idleTimeout, createdAt + absoluteTimeout - Date.now()))

  async function findRecord(id: string, user: unknown): Promise<SessionRecord | undefined> {
    try {
      return await store.findSession(id)
    } catch (error) {
      if (options.onStoreError === 'closed')
        throw storeUnavailable('Sessions cannot be checked right now', error)
      const what =
        'auth: a session cannot be checked; trusting its cookie ("session.onStoreError"); check Redis'
      log.warn({ err: error }, what)
      const now = Date.now()
      return { id, subject: subjectOf(user) ?? '', createdAt: now, lastSeen: now }
    }
  }

  async function loadSession(request: FastifyRequest, session: Session, id: string): Promise<void> {
    const user: unknown = session.get('user')
    const record = await findRecord(id, user)
    const now = Date.now()
    if (record === undefined || record.createdAt + absoluteTimeout <= now) {
      // The session has ended: the content of its cookie is void.
      request.session = createSession()
      return
    }
    loaded.set(request, { record, user: fingerprint(user) })
    if (now - record.lastSeen > idleTimeout * touchShare)
      await store.touchSession({ ...record, lastSeen: now }, ttlOf(record)).catch(() => undefined)
  }

  async function endLoaded(request: FastifyRequest, session: Session): Promise<void> {
    const before = loaded.get(request)
    if (before === undefined) return
    const { id, subject } = before.record
    await store.endSession(id, subject)
    loaded.delete(request)
    if (!session.deleted) session.set(idKey, undefined)
    audit.record({ type: 'session_ended', outcome: 'logout', scheme: 'session', subject }, request)
  }

  async function saveSession(request: FastifyRequest, session: Session): Promise<void> {
    const user: unknown = session.deleted ? undefined : session.get('user')
    if (user === undefined || user === null) return endLoaded(request, session)
    const before = loaded.get(request)
    if (before !== undefined && before.user === fingerprint(user) && !rotating.has(request)) return

    const subject = subjectOf(user) ?? ''
    const now = Date.now()
    // A change of roles does not prolong the session of the same user.
    const isSameUser = before !== undefined && before.record.subject === subject
    const record: SessionRecord = {
      id: createId(),
      subject,
      createdAt: isSameUser ? before.record.createdAt : now,
      lastSeen: now,
      ip: request.ip,
      userAgent: request.headers['user-agent']?.slice(0, 200)
    }
    await store.saveSession(record, ttlOf(record))
    if (before !== undefined) await store.endSession(before.record.id, before.record.subject)
    session.set(idKey, record.id)
    loaded.set(request, { record, user: fingerprint(user) })
    rotating.delete(request)
    const outcome = isSameUser ? 'rotated' : 'login'
    audit.record({ type: 'session_started', outcome, scheme: 'session', subject }, request)
  }

  return {
    onRequest(request, _reply, done) {
      const session = sessionOf(request)
      const id: unknown = session?.get(idKey)
      if (!session || typeof id !== 'string') {
        // A user without a session id: a cookie from before, or of another app with the same key.
        if (session?.get('user') !== undefined) request.session = createSession()
        return done()
      }
      loadSession(request, session, id).then(() => done(), done)
    },

    // Runs before the cookie is written: a change of user decides about the id in it.
    onSend(request, _reply, _payload, done) {
      const session = sessionOf(request)
      if (!session || (!session.changed && !rotating.has(request))) return done()
      const bytes = session.deleted ? 0 : cookieBytesOf(options.cookieName, session.data() ?? {})
      if (!fitsIntoCookie(bytes)) {
        request.session = createSession()
        const what = `the session needs a cookie of ${bytes} bytes, and browsers drop those of more than 4096`
        request.log.error(
          `auth: ${what}; rejecting the response; store the data elsewhere, by an id in the session`
        )
        return done(sessionTooLarge())
      }
      saveSession(request, session).then(
        () => done(),
        (error: Error) => {
          // Without a record in the store the response must not set a cookie.
          request.session = createSession()
          done(error)
        }
      )
    },

    ignore(request) {
      loaded.delete(request)
      request.session = createSession()
    },

    list: (subject) => store.sessionsOf(checkSubject(subject)),
    async revoke(id, subject) {
      await store.endSession(id, subject)
      audit.record({ type: 'session_ended', outcome: 'revoked', scheme: 'session', subject })
    },
    async revokeAll(user, except) {
      const subject = checkSubject(user)
      const sessions = await store.sessionsOf(subject)
      const ended = sessions.filter(({ id }) => id !== except)
      await Promise.all(ended.map(({ id }) => store.endSession(id, subject)))
      audit.record({ type: 'session_ended', outcome: 'all_revoked', scheme: 'session', subject })
    },
    idOf: (request: FastifyRequest) => loaded.get(request)?.record.id,
    rotate: (request: FastifyRequest) => void rotating.add(request)
  }
}
