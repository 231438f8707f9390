import type { FastifyInstance } from 'fastify'
import type { ResolvedAuth } from './resolve-options.ts'
import { marksOf } from './service-mark.ts'

/** On the server, which all scopes of an app share, also for another copy of this package. */
const place = Symbol.for('seaworthy.auth.redis-prefixes.v1')
/** For each prefix the signs of the secrets of each registration. */
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
  const marks = marksOf(options)
  if (marks.length === 0) return redisPrefix
  const shared = server as { [place]?: Registrations }
  const registrations = (shared[place] ??= new Map())
  const others = registrations.get(redisPrefix) ?? []
  registrations.set(redisPrefix, others)
  const index = others.findIndex((other) => other.some((mark) => marks.includes(mark)))
  if (index === -1) others.push(marks)
  else others[index]!.push(...marks)
  const number = index === -1 ? others.length : index + 1
  return number === 1 ? redisPrefix : `${redisPrefix}${number}:`
}
