import { randomBytes } from 'node:crypto'
import { omitUndefined, subjectOf } from '@seaworthy/internal'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { sessionTooLarge, tooManySessions } from '../core/errors.ts'
import { check } from '../core/option-checks.ts'
import type { ProviderLogins } from '../revocation/provider-logins.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { AuthStore, SessionRecord, StoredSession } from '../stores/store.ts'
import type { Session } from './decorators.ts'
import { createFindRecord } from './find-record.ts'
import { createLoadSession } from './load-session.ts'
import { lostChanges } from './lost-changes.ts'
import type { ResolvedSession } from './options.ts'
import type { SessionCookies } from './session-cookies.ts'
import { checkSubject, fingerprint, subjectWarning } from './session-user.ts'
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
  /** With tokens: only then do all processes have the same list. */
  readonly revocations: Pick<Revocations, 'isRevoked' | 'issueTime'> | undefined
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

export function createSessions(
  options: ResolvedSession,
  { store, audit, log, cookies, revocations, logins, current }: SessionDependencies
): Sessions & SessionHooks {
  const { idleTimeout, absoluteTimeout } = options
  const loaded = new WeakMap<FastifyRequest, LoadedSession>()
  const rotating = new WeakSet<FastifyRequest>()
  const warnOfNoSubject = subjectWarning(log)

  const ttlOf = ({ createdAt }: SessionRecord): number =>
    Math.max(1, Math.min(idleTimeout, createdAt + absoluteTimeout - Date.now()))

  /** Whether the session or its user is on the list of revocations, which also the processes without sessions write. */
  const isRevoked = ({ id, subject, createdAt }: SessionRecord): boolean =>
    revocations?.isRevoked({ sub: subject, sid: id, iat_ms: createdAt }, undefined) ?? false

  const loadSession = createLoadSession(options, {
    cookies,
    findRecord: createFindRecord(options, { store, log }),
    isRevoked
  })

  async function startRequest(request: FastifyRequest, cookie: string): Promise<void> {
    const record = await loadSession(request, cookie)
    if (record === undefined) return
    loaded.set(request, { record, user: fingerprint(request.session.get('user')) })
    const now = Date.now()
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

  /** Returns whether the cookie has to be written: not for a session that was ended while the request ran. */
  async function saveSession(request: FastifyRequest, session: Session): Promise<boolean> {
    const user = session.deleted ? undefined : session.get('user')
    if (user === undefined || user === null) return endLoaded(request, session).then(() => true)
    const before = loaded.get(request)
    const login = logins?.of(request)
    const { regenerated } = stateOf(session)
    const isNew = rotating.has(request) || regenerated || login !== undefined
    if (before !== undefined && before.user === fingerprint(user) && !isNew) return true

    const subject = subjectOf(user) ?? ''
    if (subject === '') warnOfNoSubject()
    const now = Date.now()
    // A change of roles does not prolong the session of the same user.
    const isSameUser =
      before !== undefined &&
      (subject === '' ? before.user === fingerprint(user) : before.record.subject === subject)
    const isContinued = isSameUser && login === undefined
    // `regenerate()` is a new login if the request has ended all of the user's, as for a new password.
    const goesOn = isContinued && !(regenerated && isRevoked(before.record))
    const origin = login ?? (isSameUser ? before.record.login : undefined)
    const record: StoredSession = {
      id: createId(),
      subject,
      createdAt: goesOn ? before.record.createdAt : (revocations?.issueTime(subject) ?? now),
      lastSeen: now,
      ip: request.ip,
      userAgent: request.headers['user-agent']?.slice(0, 200),
      login: origin,
      sets: origin && logins?.setsOf(origin)
    }
    // Before the session is there, so that no logout can miss it.
    const longest = Math.max(1, record.createdAt + absoluteTimeout - now)
    await logins?.linkSession(record, longest)
    const saved = await store.saveSession(record, ttlOf(record), {
      maximum: subject === '' ? 0 : options.maxSessions,
      rejects: options.onMaxSessions === 'reject',
      replaces: before?.record,
      continues: isContinued && !regenerated,
      keepsId: isContinued ? longest : 0
    })
    if (saved === 'ended') {
      request.session = createSession()
      return false
    }
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
    session.set(idKey, record.id)
    loaded.set(request, { record, user: fingerprint(user) })
    rotating.delete(request)
    const outcome = isSameUser ? 'rotated' : 'login'
    audit.record({ type: 'session_started', outcome, scheme: 'session', subject }, request)
    return true
  }

  /** The bytes of the cookie. Rejects what JSON does not have, such as a BigInt. */
  function bytesOf(request: FastifyRequest, session: Session): number {
    try {
      return session.deleted ? 0 : cookies.bytesOf(session)
    } catch (error) {
      // Otherwise the response with the error would fail in the same way.
      request.session = createSession()
      throw error
    }
  }

  const lost = lostChanges(log, { current, end: endLoaded })

  return {
    onRequest(request, _reply, done) {
      const cookie = cookies.valueOf(request)
      if (cookie === undefined) return done()
      startRequest(request, cookie).then(() => done(), done)
    },

    onSend(request, reply, _payload, done) {
      const session = current(request)
      if (!session || (!session.changed && !rotating.has(request))) return done()
      lost.noteSent(request)
      const bytes = bytesOf(request, session)
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
        .then((isValid) => (isValid ? cookies.write(reply, session) : undefined))
        .then(
          () => done(),
          (error: Error) => {
            // Without a record in the store the response must not set a cookie.
            request.session = createSession()
            done(error)
          }
        )
    },

    onResponse: lost.onResponse,

    ignore(request) {
      loaded.delete(request)
      request.session = createSession()
    },

    async list(subject) {
      const records = await store.sessionsOf(checkSubject(subject))
      return records
        .toSorted((one, other) => other.createdAt - one.createdAt)
        .map(({ login: _login, sets: _sets, ...record }) => {
          const expiresAt = record.createdAt + absoluteTimeout
          return { ...record, idleExpiresAt: Math.min(record.lastSeen + idleTimeout, expiresAt), expiresAt }
        })
    },
    async revoke(id, user) {
      if (typeof id !== 'string' || id === '') check.fail('sessions', "called with a session's id", id)
      // Only `undefined` is any user: that of a user who was not found must not be.
      const subject = user === undefined ? undefined : checkSubject(user)
      await store.endSession(id, subject)
      audit.record({ type: 'session_ended', outcome: 'revoked', scheme: 'session', subject })
    },
    async revokeAll(user, except) {
      const subject = checkSubject(user)
      await store.endSessionsOf(subject, absoluteTimeout, except)
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
