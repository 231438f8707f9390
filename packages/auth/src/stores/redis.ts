import { randomUUID } from 'node:crypto'
import { GuardedRedis, withTimeout, type RedisScript } from '@seaworthy/internal'
import { storeUnavailable } from '../core/errors.ts'
import type { RedisClient } from './redis-client.ts'
import * as scripts from './scripts.ts'
import type { AuthStore, SessionRecord } from './store.ts'

/** Revocations per page. */
const pageSize = 1000

export interface RedisStoreOptions {
  client: RedisClient
  keyPrefix: string
  /** Milliseconds that a call waits for an answer. */
  timeout: number
  /** Called when Redis stops answering, with the reason, and when it answers again. */
  onChange: (up: boolean, error?: Error) => void
}

/** The store of all processes that share a Redis. Each call rejects with 503 while Redis does not answer. */
export function redisStore(options: RedisStoreOptions): AuthStore {
  const { client, keyPrefix, timeout } = options
  const redis = new GuardedRedis(options)

  async function run(
    script: RedisScript,
    keys: readonly string[],
    ...args: (string | number)[]
  ): Promise<unknown> {
    try {
      return await redis.runAsync(script, keys, args)
    } catch (error) {
      throw storeUnavailable('Logins and sessions cannot be checked right now', error)
    }
  }

  return {
    shared: true,

    async connect() {
      // A client that still connects queues the PING. What goes wrong is seen by the first call that matters.
      await withTimeout(timeout, () => client.ping()).catch(() => undefined)
    },

    async markService(marks) {
      const before = await run(scripts.swap, ['service'], JSON.stringify(marks))
      return typeof before === 'string' ? (JSON.parse(before) as string[]) : []
    },

    async createFamily({ id, subject, claims, endsAt }, { hash, proof }, idle) {
      const now = Date.now()
      const ttl = Math.max(1, Math.min(idle, endsAt - now))
      const keys = [`family:${id}`, `families:${subject}`]
      await run(scripts.createFamily, keys, hash, subject, claims, endsAt, ttl, id, now, proof)
    },

    async rotateFamily(id, presented, next, grace, idle) {
      const keys = [`family:${id}`, `latest:${id}`, `used:${presented.hash}`]
      const args = [presented.hash, next.hash, next.text, grace, idle, Date.now(), presented.proof]
      const [outcome, claims, endsAt, token] = (await run(scripts.rotateFamily, keys, ...args)) as string[]
      if (outcome !== 'rotated' && outcome !== 'grace')
        return { outcome: outcome === 'reused' ? 'reused' : 'unknown' }
      return { outcome, claims: String(claims), endsAt: Number(endsAt), token: String(token) }
    },

    async hasFamily(id, proof) {
      return Number(await run(scripts.hasFamily, [`family:${id}`], proof)) === 1
    },
    async endFamily(id) {
      await run(scripts.del, [`family:${id}`])
    },

    // The prefix of the other keys is a key too: only keys get the prefix that the client itself may have.
    async endFamiliesOf(subject) {
      await run(scripts.endFamilies, [`families:${subject}`, 'family:'])
    },

    async revoke({ entry, cutoff, until }) {
      const keys = ['revoked', 'revoked-until', 'revoked-version']
      const member = JSON.stringify([entry, cutoff, until])
      // A subscription does not get the prefix of the client: the channel is no key.
      await run(scripts.revoke, keys, member, until, Date.now(), `${keyPrefix}revoked-channel`)
    },

    async revocationsSince(cursor) {
      const [epoch = '', version = 0] = cursor?.split(' ') ?? []
      const keys = ['revoked', 'revoked-version', 'revoked-epoch']
      const answer = await run(scripts.revocationsSince, keys, version, epoch, randomUUID(), pageSize)
      const [currentEpoch, lastVersion, more, ...members] = answer as [
        string,
        string,
        number | string,
        ...string[]
      ]
      const revocations = members.map((member) => {
        const [entry, cutoff, until] = JSON.parse(member) as [string, number, number]
        return { entry, cutoff, until }
      })
      const lost = epoch !== '' && epoch !== currentEpoch
      return { cursor: `${currentEpoch} ${lastVersion}`, revocations, more: Number(more) === 1, lost }
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
      const record = await run(scripts.get, [`session:${id}`])
      return typeof record === 'string' ? (JSON.parse(record) as SessionRecord) : undefined
    },

    async endSession(id, subject) {
      if (subject === undefined) await run(scripts.del, [`session:${id}`])
      else await run(scripts.endSession, [`session:${id}`, `sessions:${subject}`], id, subject)
    },

    async sessionsOf(subject) {
      const records = await run(scripts.sessionsOf, [`sessions:${subject}`, 'session:'])
      return (records as string[]).map((record) => JSON.parse(record) as SessionRecord)
    },

    async attempt(key, free, delay, max) {
      const answer = await run(scripts.attempt, [`failures:${key}`, `wait:${key}`], free, delay, max)
      const [wait, count] = answer as (number | string)[]
      return { wait: Number(wait), count: Number(count) }
    },
    async refund(key, count, free) {
      await run(scripts.refund, [`failures:${key}`, `wait:${key}`], count, free)
    },
    async succeed(key) {
      await run(scripts.del, [`failures:${key}`])
      await run(scripts.del, [`wait:${key}`])
    },

    // The client is the app's to close.
    close() {
      redis.close()
    }
  }
}
