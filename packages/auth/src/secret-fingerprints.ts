import { createHmac } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { ResolvedAuth } from './resolve-options.ts'
import type { AuthStore } from './stores/store.ts'

/** A fingerprint of a secret: it is stored in Redis, and the secret cannot be found from it. */
const fingerprintOf = (secret: string | Buffer): string =>
  createHmac('sha256', secret).update('seaworthy:auth:service').digest('base64url').slice(0, 16)

type OptionsWithSecrets = Pick<ResolvedAuth, 'jwt' | 'session'>

/** The fingerprints of the secrets that only this service's processes have. A rotation keeps one of them. */
export function fingerprintsOf({ jwt, session }: OptionsWithSecrets): string[] {
  const secrets = [
    ...(jwt?.keys ?? []).map(({ sign }) => sign),
    ...(session?.key ?? []),
    ...(session?.secret === undefined ? [] : [session.secret])
  ]
  return secrets.map(fingerprintOf)
}

/** Stores the fingerprint of a new key, so that the next start finds one of its own. */
export async function storeFingerprint(
  store: AuthStore,
  options: OptionsWithSecrets,
  secret: string | Buffer
): Promise<void> {
  // While Redis is down, the next start warns at most.
  if (store.shared)
    await store.swapFingerprints([fingerprintOf(secret), ...fingerprintsOf(options)]).catch(() => [])
}

/**
 * Warns of another service whose keys in Redis have the same prefix: a revocation of its user 42 would end the logins of
 * this service's user 42.
 */
export async function warnOfSharedKeys(
  store: AuthStore,
  log: FastifyBaseLogger,
  options: Pick<ResolvedAuth, 'jwt' | 'session' | 'redisPrefix'>
): Promise<void> {
  const fingerprints = fingerprintsOf(options)
  if (!store.shared || fingerprints.length === 0) return
  // While Redis is down the store reports it. The next start asks again.
  const others = await store.swapFingerprints(fingerprints).catch(() => [])
  if (others.length === 0 || others.some((fingerprint) => fingerprints.includes(fingerprint))) return
  const what =
    'a service with other secrets uses the same keys in Redis, and the two end logins of each other'
  log.warn({ redisPrefix: options.redisPrefix }, `auth: ${what}; set "redisPrefix" to a name of this service`)
}
