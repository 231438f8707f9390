import { randomBytes } from 'node:crypto'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import type { Session } from '@fastify/secure-session'
import { optionChecks } from '@seaworthy/internal'
import type { Audit } from '../core/audit.ts'
import { unavailable } from '../core/errors.ts'
import { subjectOf } from '../core/identity.ts'
import type { ResolvedSession } from './options.ts'
import type { AuthStore, SessionRecord } from '../stores/store.ts'
import type { AnyRequest } from '../types/requests.ts'

/** The sessions of users. */
export interface Sessions {
  /** A user's live sessions, for a page that lists them. */
  list(subject: string): Promise<readonly SessionRecord[]>
  /** Ends one session: its cookie is worth nothing from now on. */
  revoke(id: string, subject?: string): Promise<void>
  /** Ends all sessions of a user, but for `except`. */
  revokeAll(subject: string, except?: string): Promise<void>
  /** The id of the request's session. */
  idOf(request: AnyRequest): string | undefined
  /** Gives the session another id with this answer. Happens by itself when the user or the roles change. */
  rotate(request: AnyRequest): void
}

type Done = (error?: Error) => void
/** What was true of the session when the request came. */
interface Arrival {
  readonly record: SessionRecord
  readonly user: string
}

const idKey = '__sid'
const newId = (): string => randomBytes(32).toString('base64url')
const sessionOf = (request: FastifyRequest): Session | null | undefined => request.session

/** What makes a session another one: who it is of, and what they may do. */
const fingerprint = (user: unknown): string => {
  if (typeof user !== 'object' || user === null) return JSON.stringify(user) ?? ''
  const { roles, role } = user as Record<string, unknown>
  return JSON.stringify([subjectOf(user as Record<string, unknown>), roles, role])
}
const subjectFrom = (user: unknown): string =>
  (typeof user === 'object' && user !== null ? subjectOf(user as Record<string, unknown>) : undefined) ?? ''

/** A user's id as sessions keep it. Where it is none, "all of their sessions" would be nobody's. */
const textOf = (subject: unknown): string =>
  subjectOf({ sub: subject }) || optionChecks('auth').fail('sessions', "given a user's id", subject)

export function createSessions(
  options: ResolvedSession,
  store: AuthStore,
  audit: Audit,
  log: FastifyBaseLogger,
  empty: () => Session
): Sessions & {
  onRequest: (request: FastifyRequest, reply: FastifyReply, done: Done) => void
  onSend: (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done) => void
} {
  const { idleTimeout, absoluteTimeout } = options
  const arrivals = new WeakMap<FastifyRequest, Arrival>()
  const rotating = new WeakSet<FastifyRequest>()

  const ttlOf = ({ createdAt }: SessionRecord): number =>
    Math.max(1, Math.min(idleTimeout, createdAt + absoluteTimeout - Date.now()))

  async function arrive(request: FastifyRequest, session: Session, id: string): Promise<void> {
    let record: SessionRecord | undefined
    try {
      record = await store.findSession(id)
    } catch (error) {
      if (options.onStoreError === 'closed') {
        throw unavailable('AUTH_STORE_UNAVAILABLE', 'Sessions cannot be checked right now', 1, error)
      }
      log.warn({ err: error }, 'auth: a session was taken without asking the store')
      const now = Date.now()
      record = { id, subject: subjectFrom(session.get('user')), createdAt: now, lastSeen: now }
    }
    const now = Date.now()
    if (record === undefined || record.createdAt + absoluteTimeout <= now) {
      // Ended here or elsewhere: what the cookie says counts for nothing.
      request.session = empty()
      return
    }
    arrivals.set(request, { record, user: fingerprint(session.get('user')) })
    // Not with every request: a tenth of the idle time is precise enough.
    if (now - record.lastSeen > idleTimeout / 10)
      await store.touchSession({ ...record, lastSeen: now }, ttlOf(record)).catch(() => undefined)
  }

  async function leave(request: FastifyRequest, session: Session): Promise<void> {
    const before = arrivals.get(request)
    const user: unknown = session.deleted ? undefined : session.get('user')
    if (user === undefined || user === null) {
      if (before === undefined) return
      await store.endSession(before.record.id, before.record.subject)
      arrivals.delete(request)
      if (!session.deleted) session.set(idKey, undefined)
      audit.record(
        { type: 'session_ended', outcome: 'logout', scheme: 'session', subject: before.record.subject },
        request
      )
      return
    }
    if (before !== undefined && before.user === fingerprint(user) && !rotating.has(request)) return

    const subject = subjectFrom(user)
    const now = Date.now()
    // The same user with other roles doesn't get a longer session by it.
    const same = before !== undefined && before.record.subject === subject
    const record: SessionRecord = {
      id: newId(),
      subject,
      createdAt: same ? before.record.createdAt : now,
      lastSeen: now,
      ip: request.ip,
      userAgent: request.headers['user-agent']?.slice(0, 200)
    }
    await store.saveSession(record, ttlOf(record))
    if (before !== undefined) await store.endSession(before.record.id, before.record.subject)
    session.set(idKey, record.id)
    arrivals.set(request, { record, user: fingerprint(user) })
    rotating.delete(request)
    audit.record(
      { type: 'session_started', outcome: same ? 'rotated' : 'login', scheme: 'session', subject },
      request
    )
  }

  return {
    onRequest(request, _reply, done) {
      const session = sessionOf(request)
      const id: unknown = session?.get(idKey)
      if (!session || typeof id !== 'string') {
        // A user without a session of ours: a cookie from before, or from another app with the same key.
        if (session?.get('user') !== undefined) request.session = empty()
        return done()
      }
      arrive(request, session, id).then(() => done(), done)
    },

    // Before the cookie is written: what happened to the user decides on the id.
    onSend(request, _reply, _payload, done) {
      const session = sessionOf(request)
      if (!session || (!session.changed && !rotating.has(request))) return done()
      leave(request, session).then(
        () => done(),
        (error: Error) => {
          // No half a login: without the store's word there is no cookie either.
          request.session = empty()
          done(error)
        }
      )
    },

    list: (subject) => store.sessionsOf(textOf(subject)),
    async revoke(id, subject) {
      await store.endSession(id, subject)
      audit.record({ type: 'session_ended', outcome: 'revoked', scheme: 'session', subject })
    },
    async revokeAll(given, except) {
      const subject = textOf(given)
      const sessions = await store.sessionsOf(subject)
      await Promise.all(
        sessions.filter(({ id }) => id !== except).map(({ id }) => store.endSession(id, subject))
      )
      audit.record({ type: 'session_ended', outcome: 'all_revoked', scheme: 'session', subject })
    },
    idOf: (request: FastifyRequest) => arrivals.get(request)?.record.id,
    rotate: (request: FastifyRequest) => void rotating.add(request)
  }
}
