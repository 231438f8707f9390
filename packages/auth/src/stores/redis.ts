import { randomUUID } from 'node:crypto'
import { withDeadline } from './in-time.ts'
import type { RedisClient } from './redis-client.ts'
import * as scripts from './scripts.ts'
import type { AuthStore, SessionRecord } from './store.ts'

/** Revocations that are read at once. */
const page = 1000

/** For all processes that share the Redis. */
export function redisStore(client: RedisClient, prefix: string, timeout: number): AuthStore {
  const inTime = withDeadline(timeout)
  const run = (script: string, keys: readonly string[], ...args: (string | number)[]): Promise<unknown> =>
    inTime(() => client.eval(script, keys.length, ...keys.map((key) => prefix + key), ...args))
  const text = (value: unknown): string => String(value)

  return {
    shared: true,

    async createFamily({ id, subject, claims, endsAt }, hash, idle) {
      const now = Date.now()
      const ttl = Math.max(1, Math.min(idle, endsAt - now))
      await run(
        scripts.createFamily,
        [`family:${id}`, `families:${subject}`],
        hash,
        subject,
        claims,
        endsAt,
        ttl,
        id,
        now
      )
    },

    async rotateFamily(id, shown, next, grace, idle) {
      const keys = [`family:${id}`, `latest:${id}`, `used:${shown}`]
      const answer = await run(
        scripts.rotateFamily,
        keys,
        shown,
        next.hash,
        next.text,
        grace,
        idle,
        Date.now()
      )
      const [outcome, claims, endsAt, token] = answer as string[]
      if (outcome !== 'rotated' && outcome !== 'grace')
        return { outcome: outcome === 'reused' ? 'reused' : 'unknown' }
      return { outcome, claims: text(claims), endsAt: Number(endsAt), token: text(token) }
    },

    async endFamily(id) {
      await run(scripts.del, [`family:${id}`])
    },

    async endFamiliesOf(subject) {
      await run(scripts.endFamilies, [`families:${subject}`], `${prefix}family:`)
    },

    async revoke({ entry, cutoff, until }) {
      const keys = ['revoked', 'revoked-until', 'revoked-version', 'revoked-channel']
      await run(scripts.revoke, keys, JSON.stringify([entry, cutoff, until]), until, Date.now())
    },

    async revocationsSince(cursor) {
      const [epoch = '', version = 0] = cursor?.split(' ') ?? []
      const keys = ['revoked', 'revoked-version', 'revoked-epoch']
      const answer = await run(scripts.revocationsSince, keys, version, epoch, randomUUID(), page)
      const [nowEpoch, reached, more, ...members] = answer as [string, string, number, ...string[]]
      const revocations = members.map((member) => {
        const [entry, cutoff, until] = JSON.parse(member) as [string, number, number]
        return { entry, cutoff, until }
      })
      const lost = epoch !== '' && epoch !== nowEpoch
      return { cursor: `${nowEpoch} ${reached}`, revocations, more: more === 1, lost }
    },

    async saveSession(session, ttl) {
      const keys = [`session:${session.id}`, `sessions:${session.subject}`]
      await run(scripts.saveSession, keys, JSON.stringify(session), ttl, session.id, Date.now())
    },

    async touchSession(session, ttl) {
      const keys = [`session:${session.id}`, `sessions:${session.subject}`]
      await run(scripts.touchSession, keys, JSON.stringify(session), ttl, session.id, Date.now())
    },

    async findSession(id) {
      const found = await run(scripts.get, [`session:${id}`])
      return typeof found === 'string' ? (JSON.parse(found) as SessionRecord) : undefined
    },

    async endSession(id, subject) {
      const index = subject === undefined ? [] : [`sessions:${subject}`]
      await run(scripts.del, [`session:${id}`, ...index], id)
    },

    async sessionsOf(subject) {
      const found = await run(scripts.sessionsOf, [`sessions:${subject}`], `${prefix}session:`)
      return (found as string[]).map((record) => JSON.parse(record) as SessionRecord)
    },

    async waitOf(key) {
      return Number(await run(scripts.waitOf, [`wait:${key}`]))
    },
    async attempt(key, free, delay, max) {
      return Number(await run(scripts.attempt, [`failures:${key}`, `wait:${key}`], free, delay, max))
    },
    async succeed(key) {
      await run(scripts.del, [`failures:${key}`])
      await run(scripts.del, [`wait:${key}`])
    },

    // The client is the app's.
    close() {}
  }
}
