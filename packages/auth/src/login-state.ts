import type { FastifyInstance } from 'fastify'
import { isClusterWorker } from '@seaworthy/internal'
import type { ResolvedAuth } from './resolve-options.ts'
import { issuerScopeOf, type IssuerScope } from './revocation/issuer-scope.ts'
import { createRevocations, type Revocations } from './revocation/revocations.ts'
import { memoryStore } from './stores/memory.ts'
import type { AuthStore } from './stores/store.ts'

/** Where logins and what has been revoked are kept. */
export interface LoginState {
  /** The memory of this process. */
  readonly local: AuthStore
  /** The store of all processes, or `local`. */
  readonly store: AuthStore
  readonly revocations: Revocations
  readonly issuers: IssuerScope
  /** Milliseconds that a session or family lives at most, also one of another process of the service. */
  readonly lifetime: number
}

export async function createLoginState(fastify: FastifyInstance, options: ResolvedAuth): Promise<LoginState> {
  const local = memoryStore()
  const store = options.redis ? await sharedStore(fastify, options, options.redis) : local
  const { session, jwt } = options
  return {
    local,
    store,
    revocations: revocationsOf(fastify, options, store),
    issuers: issuerScopeOf(options),
    lifetime: Math.max(session?.absoluteTimeout ?? 0, jwt?.refreshMaxAge ?? 90 * 86_400_000)
  }
}

async function sharedStore(
  { log }: FastifyInstance,
  { redisPrefix, storeTimeout }: ResolvedAuth,
  client: NonNullable<ResolvedAuth['redis']>
): Promise<AuthStore> {
  const { redisStore } = await import('./stores/redis.ts')
  return redisStore({ client, keyPrefix: redisPrefix, timeout: storeTimeout, log })
}

function revocationsOf(
  { log }: FastifyInstance,
  { jwt, session, revocation, redis, redisPrefix }: ResolvedAuth,
  store: AuthStore
): Revocations {
  const lifetime = jwt === undefined ? 0 : jwt.expiresInSeconds * 1000 + jwt.clockTolerance
  // A revocation must be kept for as long as the app's tokens can be valid.
  const options = { ...revocation, retention: Math.max(revocation.retention, lifetime) }
  const notifications = redis && { client: redis, channel: `${redisPrefix}revoked-channel` }
  return createRevocations(store, options, log, issuerScopeOf({ jwt, session }).primary, notifications)
}

/** Without Redis, a login is known only to the worker process that made it. */
export function warnOfMemoryPerWorker({ log }: FastifyInstance, { redis, session, jwt }: ResolvedAuth): void {
  const keepsLogins = session !== undefined || (jwt !== undefined && jwt.keys.length > 0)
  // PM2 sets NODE_APP_INSTANCE in each of its processes, in both of its modes.
  const isWorker = isClusterWorker() || process.env.NODE_APP_INSTANCE !== undefined
  if (redis !== undefined || !keepsLogins || !isWorker) return
  const what = 'this process is one of several workers, and logins and revocations are in the memory of each'
  log.warn(`auth: ${what}; users are logged out at random; set "redis", or run one process`)
}
