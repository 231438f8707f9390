import { subjectOf } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import { check } from '../core/option-checks.ts'

/** The properties of a user whose change gives the session a new id: the subject and the roles. */
export const fingerprint = (user: unknown): string => {
  // Without an id, two users differ by the rest only.
  if (typeof user !== 'object' || user === null || !subjectOf(user)) return JSON.stringify(user) ?? ''
  const { roles, role } = user as Record<string, unknown>
  return JSON.stringify([subjectOf(user), roles, role])
}

/** Checks a user's id: without one, "all sessions of the user" would be none. */
export const checkSubject = (subject: unknown): string =>
  subjectOf({ sub: subject }) || check.fail('sessions', "called with a user's id", subject)

/** Warns once of users without an id: no revocation of a user finds their sessions. */
export function subjectWarning(log: FastifyBaseLogger): () => void {
  let hasWarned = false
  return () => {
    if (hasWarned) return
    hasWarned = true
    const what = 'the user of a session has neither "sub" nor "id"; no revocation of a user ends the session'
    log.warn(`auth: ${what}; set one of them in session.set('user', …)`)
  }
}
