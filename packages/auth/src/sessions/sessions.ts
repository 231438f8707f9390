import { randomBytes } from 'node:crypto'
import { omitUndefined, subjectOf } from '@seaworthy/internal'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { sessionTooLarge, storeUnavailable, tooManySessions } from '../core/errors.ts'
import { check } from '../core/option-checks.ts'
import type { ProviderLogins } from '../revocation/provider-logins.ts'
import type { AuthStore, SessionRecord, StoredSession } from '../stores/store.ts'
import type { Session } from './decorators.ts'
import type { ResolvedSession } from './options.ts'
import type { SessionCookies } from './session-cookies.ts'
import { createSession, idKey, stateOf } from './session.ts'
import type { SessionHooks, Sessions } from './types.ts'

/** The session at the start of the request. */
interface LoadedSession {
  readonly record: StoredSession
  /** {@link fingerprint} of its user. */
  readonly user: string
}

export interface SessionDependencies {
  readonly store: AuthStore
  readonly audit: Audit
  readonly log: FastifyBaseLogger
  readonly cookies: SessionCookies
  /** If a provider has the option `logout`. */
  readonly logins: ProviderLogins | undefined
  /** The request's session, if it has one yet. */
  readonly current: (request: FastifyRequest) => Session | undefined
}

/** Bytes: browsers silently drop a cookie whose name and value are longer (RFC 6265bis). */
const maxCookieBytes = 4096
/** A session's `lastSeen` is saved once in this share of the idle time. */
const touchShare = 0.1

const createId = (): string => randomBytes(32).toString('base64url')

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
  { store, audit, log, cookies, logins, current }: SessionDependencies
): Sessions & SessionHooks {
  const { idleTimeout, absoluteTimeout } = options
  const loaded = new WeakMap<FastifyRequest, LoadedSession>()
  const rotating = new WeakSet<FastifyRequest>()

  const ttlOf = ({ createdAt }: SessionRecord): number =>
    Math.max(1, Math.min(idleTimeout, createdAt + absoluteTimeout - Date.now()))

  async function findRecord(id: string, user: unknown): Promise<StoredSession | undefined> {
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

  async function loadSession(request: FastifyRequest, cookie: string): Promise<void> {
    const session = await cookies.open(cookie)
    if (session === undefined) return
    request.session = session
    const id = session.get(idKey)
    const user = session.get('user')
    if (typeof id !== 'string') {
      // A user without a session id: a cookie of another app with the same key.
      if (user !== undefined) request.session = createSession()
      return
    }
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
    const user = session.deleted ? undefined : session.get('user')
    if (user === undefined || user === null) return endLoaded(request, session)
    const before = loaded.get(request)
    const login = logins?.of(request)
    const isNew = rotating.has(request) || stateOf(session).regenerated || login !== undefined
    if (before !== undefined && before.user === fingerprint(user) && !isNew) return

    const subject = subjectOf(user) ?? ''
    const now = Date.now()
    // A change of roles does not prolong the session of the same user.
    const isSameUser = before !== undefined && before.record.subject === subject
    const record: StoredSession = {
      id: createId(),
      subject,
      createdAt: isSameUser && login === undefined ? before.record.createdAt : now,
      lastSeen: now,
      ip: request.ip,
      userAgent: request.headers['user-agent']?.slice(0, 200),
      login: login ?? (isSameUser ? before.record.login : undefined)
    }
    // Before the session is there, so that no logout can miss it.
    await logins?.linkSession(record, Math.max(1, record.createdAt + absoluteTimeout - now))
    const saved = await store.saveSession(record, ttlOf(record), {
      maximum: options.maxSessions,
      rejects: options.onMaxSessions === 'reject',
      replaces: before?.record.id
    })
    if (saved === 'rejected') {
      const failure = tooManySessions()
      const { code } = failure
      audit.record(
        { type: 'session_started', outcome: 'rejected', scheme: 'session', code, subject },
        request
      )
      throw failure
    }
    for (const _id of saved)
      audit.record({ type: 'session_ended', outcome: 'too_many', scheme: 'session', subject }, request)
    if (before !== undefined) await store.endSession(before.record.id, before.record.subject)
    session.set(idKey, record.id)
    loaded.set(request, { record, user: fingerprint(user) })
    rotating.delete(request)
    const outcome = isSameUser ? 'rotated' : 'login'
    audit.record({ type: 'session_started', outcome, scheme: 'session', subject }, request)
  }

  return {
    onRequest(request, _reply, done) {
      const cookie = cookies.valueOf(request)
      if (cookie === undefined) return done()
      loadSession(request, cookie).then(() => done(), done)
    },

    onSend(request, reply, _payload, done) {
      const session = current(request)
      if (!session || (!session.changed && !rotating.has(request))) return done()
      const bytes = session.deleted ? 0 : cookies.bytesOf(session)
      if (bytes > maxCookieBytes) {
        request.session = createSession()
        const what = `the session needs a cookie of ${bytes} bytes, and browsers drop those of more than 4096`
        request.log.error(
          `auth: ${what}; rejecting the response; store the data elsewhere, by an id in the session`
        )
        return done(sessionTooLarge())
      }
      // A change of user decides about the id in the cookie, which is written then.
      saveSession(request, session)
        .then(() => cookies.write(reply, session))
        .then(
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

    async list(subject) {
      const records = await store.sessionsOf(checkSubject(subject))
      return records
        .toSorted((one, other) => other.createdAt - one.createdAt)
        .map(({ login: _login, ...record }) => {
          const expiresAt = record.createdAt + absoluteTimeout
          return { ...record, idleExpiresAt: Math.min(record.lastSeen + idleTimeout, expiresAt), expiresAt }
        })
    },
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
    rotate: (request: FastifyRequest) => void rotating.add(request),
    loginOf: (request) => loaded.get(request)?.record.createdAt,
    providerLoginOf: (request) => loaded.get(request)?.record.login,
    stepUp(request: FastifyRequest, how = {}) {
      const user = request.session.get('user')
      if (typeof user !== 'object' || user === null)
        throw new Error('auth: sessions.stepUp() needs a session with a "user": log the user in first')
      const authTime = Math.floor(Date.now() / 1000)
      request.session.set('user', { ...user, ...omitUndefined(how), auth_time: authTime })
      rotating.add(request)
    }
  }
}
