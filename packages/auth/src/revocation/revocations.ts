import type { FastifyBaseLogger } from 'fastify'
import { unavailable, type AuthError } from '../core/errors.ts'
import type { RevocationOptions } from '../options.ts'
import type { RedisClient, RedisSubscriber } from '../stores/redis-client.ts'
import type { AuthStore, Revocation } from '../stores/store.ts'

/** What every process knows of ended tokens: asked on each request, so it is a plain map. */
export interface Revocations {
  /** Whether the claims are those of a token that has been ended. */
  isRevoked(claims: Record<string, unknown>): boolean
  /** 503 when knowledge is too old and the policy is `closed`. */
  staleness(): AuthError | undefined
  revoke(entry: string, cutoff?: number): Promise<void>
  /** Now, in milliseconds, but after the last time the user's tokens were ended. */
  issueTime(subject: string): number
  start(): Promise<void>
  stop(): void
}

const key = (kind: string, value: unknown): string => `${kind}:${String(value)}`

export function createRevocations(
  store: AuthStore,
  options: Required<RevocationOptions>,
  log: FastifyBaseLogger,
  listen?: { client: RedisClient; channel: string }
): Revocations {
  const known = new Map<string, Revocation>()
  let cursor: string | undefined
  let syncedAt = Date.now()
  let warned = false
  let syncing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let running = false
  let subscriber: RedisSubscriber | undefined

  const add = (revocation: Revocation): void => {
    const before = known.get(revocation.entry)
    if (before === undefined || before.cutoff < revocation.cutoff) known.set(revocation.entry, revocation)
  }
  const prune = (): void => {
    const now = Date.now()
    for (const [entry, { until }] of known) if (until <= now) known.delete(entry)
  }
  async function pull(): Promise<void> {
    const started = Date.now()
    try {
      let more = true
      while (more) {
        const page = await store.revocationsSince(cursor)
        for (const revocation of page.revocations) add(revocation)
        // A Redis that came back empty is told again, for processes that start after it.
        if (page.lost) for (const revocation of known.values()) await store.revoke(revocation)
        ;({ cursor, more } = page)
      }
      syncedAt = started
      if (warned) log.info('auth: revocations are up to date again')
      warned = false
    } catch (error) {
      if (!warned) log.warn({ err: error, policy: options.onStoreError }, 'auth: revocations cannot be read')
      warned = true
    }
  }
  const sync = (): Promise<void> =>
    (syncing ??= pull().finally(() => {
      syncing = undefined
    }))
  const loop = async (): Promise<void> => {
    await sync()
    prune()
    if (running) timer = setTimeout(() => void loop(), options.pollInterval).unref()
  }
  // Being told is faster than asking; asking holds even when being told fails.
  const subscribe = ({ client, channel }: NonNullable<typeof listen>): void => {
    // Whatever the app's own client does while there is no connection: this one waits for it.
    subscriber = client.duplicate({
      lazyConnect: false,
      enableOfflineQueue: true,
      maxRetriesPerRequest: null
    })
    subscriber.on('error', () => undefined)
    // A read that is under way may have been before what it is told of.
    subscriber.on('message', () => void (syncing ?? Promise.resolve()).then(sync))
    subscriber.subscribe(channel).catch(() => undefined)
  }

  return {
    isRevoked(claims) {
      if (known.size === 0) return false
      if (claims.jti !== undefined && known.has(key('jti', claims.jti))) return true
      if (claims.sid !== undefined && known.has(key('sid', claims.sid))) return true
      const subject = claims.sub ?? claims.id
      const user = subject === undefined ? undefined : known.get(key('sub', subject))
      if (user === undefined) return false
      // `iat` has whole seconds; tokens made here say the millisecond, so that the next login isn't hit.
      const issued = typeof claims.iat_ms === 'number' ? claims.iat_ms : Number(claims.iat) * 1000
      return !(issued > user.cutoff)
    },
    staleness() {
      if (!store.shared || options.onStoreError === 'local') return undefined
      return Date.now() - syncedAt > options.maxStaleness
        ? unavailable('AUTH_STORE_UNAVAILABLE', 'Revocations cannot be checked right now', 1)
        : undefined
    },
    async revoke(entry, cutoff = Date.now()) {
      const revocation = { entry, cutoff, until: Date.now() + options.retention * 1000 }
      add(revocation)
      await store.revoke(revocation)
    },
    issueTime: (subject) => Math.max(Date.now(), (known.get(key('sub', subject))?.cutoff ?? 0) + 1),
    async start() {
      if (!store.shared) {
        timer = setInterval(prune, 60_000).unref()
        return
      }
      if (listen) subscribe(listen)
      running = true
      await loop()
    },
    stop() {
      running = false
      clearTimeout(timer)
      subscriber?.disconnect()
    }
  }
}
