import type { FastifyInstance } from 'fastify'
import type { ResolvedAuth } from './resolve-options.ts'
import { fingerprintsOf } from './secret-fingerprints.ts'

/** On the server, which all scopes of an app share, also for another copy of this package. */
const prefixesKey = Symbol.for('seaworthy.auth.redis-prefixes.v1')
/** For each prefix, the fingerprints of the secrets of each registration. */
type Registrations = Map<string, string[][]>

/**
 * The prefix of a registration's keys in Redis. Two registrations in scopes with other secrets are two sets of users: the
 * second one has a number in its keys, so that a revocation of its user 42 ends no login of the first one's. Registrations
 * with a secret in common share their logins.
 */
export function registrationPrefix(
  { server }: FastifyInstance,
  { redisPrefix, ...options }: Pick<ResolvedAuth, 'jwt' | 'session' | 'redisPrefix'>
): string {
  const fingerprints = fingerprintsOf(options)
  if (fingerprints.length === 0) return redisPrefix
  const shared = server as { [prefixesKey]?: Registrations }
  const registrations = (shared[prefixesKey] ??= new Map())
  const others = registrations.get(redisPrefix) ?? []
  registrations.set(redisPrefix, others)
  const index = others.findIndex((other) => other.some((fingerprint) => fingerprints.includes(fingerprint)))
  if (index === -1) others.push(fingerprints)
  else others[index]!.push(...fingerprints)
  const number = index === -1 ? others.length : index + 1
  return number === 1 ? redisPrefix : `${redisPrefix}${number}:`
}
