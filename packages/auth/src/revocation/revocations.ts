import { disconnect, subjectOf } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import { storeUnavailable, type AuthError } from '../core/errors.ts'
import type { RedisClient, RedisSubscriber } from '../stores/redis-client.ts'
import type { AuthStore, Revocation } from '../stores/store.ts'
import { revocationEntry, type RevokedKind } from './issuer-scope.ts'
import type { ResolvedRevocation } from './options.ts'

/** The revoked tokens, in the memory of each process, because every request is checked against them. */
export interface Revocations {
  /** Whether these are the claims of a revoked token. `issuer` is the one by whose rules it was verified. */
  isRevoked(claims: Record<string, unknown>, issuer: string | undefined): boolean
  /** The error 503 if the list is too old and `onStoreError` is `closed`. */
  staleness(): AuthError | undefined
  /** Without an issuer the id is one of the primary issuer. */
  revoke(kind: RevokedKind, id: string, issuer?: string): Promise<void>
  /** Now in milliseconds, but later than the user's last revocation: the `iat_ms` of a new token. */
  issueTime(subject: string): number
  start(): Promise<void>
  stop(): void
}

/** Milliseconds between removals of expired entries without Redis. */
const pruneInterval = 60_000
/** Milliseconds by which a replica can lag behind. */
const replicationLag = 60_000

/**
 * @param primary - The issuer of ids for which none is stated.
 * @param notifications - Where Redis announces new revocations, if there is a Redis.
 */
export function createRevocations(
  store: AuthStore,
  options: ResolvedRevocation,
  log: FastifyBaseLogger,
  primary: string | undefined,
  notifications?: { client: RedisClient; channel: string }
): Revocations {
  const key = (kind: RevokedKind, value: unknown, issuer?: string): string =>
    revocationEntry(kind, value, issuer, primary)
  const revoked = new Map<string, Revocation>()
  let cursor: string | undefined
  let syncedAt = Date.now()
  let failing = false
  let syncing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let running = false
  let subscriber: RedisSubscriber | undefined

  const add = (revocation: Revocation): void => {
    const existing = revoked.get(revocation.entry)
    if (existing === undefined || existing.cutoff < revocation.cutoff)
      revoked.set(revocation.entry, revocation)
  }

  const prune = (): void => {
    const now = Date.now()
    for (const [entry, { until }] of revoked) if (until <= now) revoked.delete(entry)
  }

  async function pull(): Promise<void> {
    const startedAt = Date.now()
    try {
      let more = true
      // After an outage another server may answer, without what the old one did not replicate in time.
      let rewriteFrom = failing ? syncedAt - replicationLag : Infinity
      while (more) {
        const page = await store.revocationsSince(cursor)
        for (const revocation of page.revocations) add(revocation)
        // Redis has lost its data: write the revocations again, for processes that start later.
        if (page.lost) rewriteFrom = -Infinity
        for (const revocation of revoked.values())
          if (revocation.cutoff >= rewriteFrom) await store.revoke(revocation)
        rewriteFrom = Infinity
        ;({ cursor, more } = page)
      }
      syncedAt = startedAt
      if (failing) log.debug('auth: revocations are up to date again')
      failing = false
    } catch (error) {
      // The store has named the outage.
      if (!failing)
        log.debug(
          { err: error, onStoreError: options.onStoreError },
          'auth: revocations cannot be read; "revocation.onStoreError" decides about tokens; check Redis'
        )
      failing = true
    }
  }

  const sync = (): Promise<void> =>
    (syncing ??= pull().finally(() => {
      syncing = undefined
    }))

  const poll = async (): Promise<void> => {
    await sync()
    prune()
    if (running) timer = setTimeout(() => void poll(), options.pollInterval).unref()
  }

  /** Notifications are faster than polling. Polling works also when they fail. */
  const subscribe = ({ client, channel }: NonNullable<typeof notifications>): void => {
    // Unlike the app's client, this one may wait for its connection.
    subscriber = client.duplicate({
      lazyConnect: false,
      enableOfflineQueue: true,
      maxRetriesPerRequest: null
    })
    subscriber.on('error', () => undefined)
    // A read under way may have started before the new revocation: another one follows it.
    subscriber.on('message', () => void (syncing ?? Promise.resolve()).then(sync))
    subscriber.subscribe(channel).catch(() => undefined)
  }

  return {
    isRevoked(claims, issuer) {
      if (revoked.size === 0) return false
      if (claims.jti !== undefined && revoked.has(key('jti', claims.jti, issuer))) return true
      if (claims.sid !== undefined && revoked.has(key('sid', claims.sid, issuer))) return true
      const subject = subjectOf(claims)
      const user = subject === undefined ? undefined : revoked.get(key('sub', subject, issuer))
      if (user === undefined) return false
      // `iat` has whole seconds. Tokens of this package carry the millisecond too, so that the next login is valid.
      const issuedAt = typeof claims.iat_ms === 'number' ? claims.iat_ms : Number(claims.iat) * 1000
      return !(issuedAt > user.cutoff)
    },
    staleness() {
      if (!store.shared || options.onStoreError === 'local') return undefined
      return Date.now() - syncedAt > options.maxStaleness
        ? storeUnavailable('Revocations cannot be checked right now')
        : undefined
    },
    async revoke(kind, id, issuer) {
      const now = Date.now()
      const revocation = { entry: key(kind, id, issuer), cutoff: now, until: now + options.retention }
      add(revocation)
      await store.revoke(revocation)
    },
    issueTime: (subject) => Math.max(Date.now(), (revoked.get(key('sub', subject))?.cutoff ?? 0) + 1),
    async start() {
      if (!store.shared) {
        timer = setInterval(prune, pruneInterval).unref()
        return
      }
      if (notifications) subscribe(notifications)
      running = true
      await poll()
    },
    stop() {
      running = false
      clearTimeout(timer)
      if (subscriber) disconnect(subscriber)
    }
  }
}
