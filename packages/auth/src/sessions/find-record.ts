import { subjectOf } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import { storeUnavailable } from '../core/errors.ts'
import type { AuthStore, StoredSession } from '../stores/store.ts'
import type { ResolvedSession } from './options.ts'

/** Finds the record of a session in its cookie. `undefined`: it has ended. */
export type FindRecord = (id: string, user: unknown) => Promise<StoredSession | undefined>

/** By `onStoreError` a session is rejected while the store does not answer, or its cookie is trusted. */
export function createFindRecord(
  { onStoreError }: Pick<ResolvedSession, 'onStoreError'>,
  { store, log }: { store: AuthStore; log: FastifyBaseLogger }
): FindRecord {
  let isTrusting = false
  return async (id, user) => {
    try {
      const record = await store.findSession(id)
      isTrusting = false
      return record
    } catch (error) {
      if (onStoreError === 'closed') throw storeUnavailable('Sessions cannot be checked right now', error)
      // One line for each outage, not for each request.
      if (!isTrusting) {
        const what = 'sessions cannot be checked; trusting their cookies ("session.onStoreError")'
        log.warn({ err: error }, `auth: ${what}; check Redis`)
      }
      isTrusting = true
      const now = Date.now()
      return { id, subject: subjectOf(user) ?? '', createdAt: now, lastSeen: now }
    }
  }
}
