import { randomUUID } from 'node:crypto'
import { redisAddress, withTimeout } from '@seaworthy/internal'
import { redisCalls, type RedisCallsOptions } from './redis-calls.ts'
import { warnOfEviction } from './redis-eviction.ts'
import * as scripts from './scripts.ts'
import * as sessionScripts from './session-scripts.ts'
import { sessionIn, sessionText } from './session-text.ts'
import type { AuthStore } from './store.ts'

/** Revocations per page. */
const pageSize = 1000
/** Milliseconds by which the clocks of Redis and of processes may differ. */
const clockDifference = 60_000

/** The store of all processes that share a Redis. Each call rejects with 503 while Redis does not reply. */
export function redisStore(options: RedisCallsOptions): AuthStore {
  const { client, keyPrefix, timeout, log } = options
  const { read, write, problem, reportIfDisconnected, close } = redisCalls(options)

  return {
    shared: true,

    async connect() {
      // A client that still connects queues the PING.
      await withTimeout(timeout, () => client.ping()).catch(() => undefined)
      reportIfDisconnected()
      await warnOfEviction(client, { server: redisAddress(client), timeout, log })
    },

    async swapFingerprints(fingerprints) {
      const before = await write(scripts.swap, ['service'], JSON.stringify(fingerprints))
      return typeof before === 'string' ? (JSON.parse(before) as string[]) : []
    },

    async createFamily({ id, subject, claims, endsAt, thumbprint = '', sets = [] }, { hash, proof }, idle) {
      const now = Date.now()
      const ttl = Math.max(1, Math.min(idle, endsAt - now))
      const keys = [`family:${id}`, `families:${subject}`, 'set-ended:', `families-ended:${subject}`]
      const args = [hash, subject, claims, endsAt, ttl, id, now, proof, thumbprint, sets.join(' ')]
      await write(scripts.createFamily, keys, ...args)
    },

    async rotateFamily(id, presented, next, grace, idle) {
      const keys = [`family:${id}`, `latest:${id}`, `used:${presented.hash}`, 'set-ended:', 'families-ended:']
      const { hash, proof, thumbprint = '' } = presented
      const args = [hash, next.hash, next.text, grace, idle, Date.now(), proof, thumbprint]
      const [outcome, claims, endsAt, token] = (await write(scripts.rotateFamily, keys, ...args)) as string[]
      if (outcome !== 'rotated' && outcome !== 'grace')
        return { outcome: outcome === 'reused' || outcome === 'other_key' ? outcome : 'unknown' }
      return { outcome, claims: String(claims), endsAt: Number(endsAt), token: String(token) }
    },

    async hasFamily(id, proof) {
      return Number(await read(scripts.hasFamily, [`family:${id}`], proof)) === 1
    },
    async endFamily(id) {
      await write(scripts.del, [`family:${id}`])
    },

    // The prefix of the other keys is a key too: only keys get the prefix that the client itself may have.
    async endFamiliesOf(subject, lifetime) {
      const keys = [`families:${subject}`, 'family:', `families-ended:${subject}`]
      await write(scripts.endFamilies, keys, lifetime + clockDifference, Date.now())
    },

    async revoke({ entry, cutoff, until }) {
      const keys = ['revoked', 'revoked-until', 'revoked-version']
      const member = JSON.stringify([entry, cutoff, until])
      // A subscription does not get the prefix of the client: the channel is no key.
      await write(scripts.revoke, keys, member, until, Date.now(), `${keyPrefix}revoked-channel`)
    },

    async revocationsSince(cursor) {
      const [epoch = '', version = 0] = cursor?.split(' ') ?? []
      const keys = ['revoked', 'revoked-version', 'revoked-epoch']
      const reply = await read(scripts.revocationsSince, keys, version, epoch, randomUUID(), pageSize)
      const [currentEpoch, lastVersion, more, ...members] = reply as [
        string,
        string,
        number | string,
        ...string[]
      ]
      const revocations = members.map((member) => {
        const [entry, cutoff, until] = JSON.parse(member) as [string, number, number]
        return { entry, cutoff, until }
      })
      // A replica that became the master may lack the last revocations.
      const lost = epoch !== '' && (epoch !== currentEpoch || Number(lastVersion) < Number(version))
      return { cursor: `${currentEpoch} ${lastVersion}`, revocations, more: Number(more) === 1, lost }
    },

    async saveSession(session, ttl, { maximum, rejects, replaces, continues, keepsId }) {
      const { id, subject, sets = [] } = session
      const keys = [`session:${id}`, `sessions:${subject}`, 'session:', `sessions-ended:${subject}`]
      keys.push('next:', `sessions:${replaces?.subject ?? ''}`, ...sets.map((set) => `set-ended:${set}`))
      const limit = [maximum, rejects ? 1 : 0, replaces?.id ?? '', continues ? 1 : 0, keepsId]
      const args = [sessionText(session), ttl, id, Date.now(), ...limit]
      const reply = await write(sessionScripts.saveSession, keys, ...args)
      if (reply === 'rejected' || reply === 'ended') return reply
      return Array.isArray(reply) ? (reply as string[]) : []
    },

    async touchSession(session, ttl) {
      const keys = [`session:${session.id}`, `sessions:${session.subject}`]
      await write(sessionScripts.touchSession, keys, sessionText(session), ttl, session.id, Date.now())
    },

    async findSession(id) {
      const record = await read(sessionScripts.findSession, [
        `session:${id}`,
        'sessions-ended:',
        'set-ended:'
      ])
      return typeof record === 'string' ? sessionIn(record) : undefined
    },

    async endSession(id, subject) {
      const keys = ['session:', 'next:', 'sessions:']
      await write(sessionScripts.endSession, keys, id, subject === undefined ? 0 : 1, subject ?? '')
    },

    async endSessionsOf(subject, lifetime, except = '') {
      const keys = [`sessions:${subject}`, 'session:', `sessions-ended:${subject}`]
      const ttl = lifetime + clockDifference
      await write(sessionScripts.endSessions, keys, subject, ttl, except, Date.now())
    },

    async endSets(names, lifetime) {
      const keys = names.map((name) => `set-ended:${name}`)
      await write(sessionScripts.endSets, keys, lifetime + clockDifference, Date.now())
    },
    async sessionsOf(subject) {
      const keys = [`sessions:${subject}`, 'session:', `sessions-ended:${subject}`]
      return ((await read(sessionScripts.sessionsOf, keys)) as string[]).map(sessionIn)
    },

    async attempt(key, free, delay, max) {
      const reply = await write(scripts.attempt, [`failures:${key}`, `wait:${key}`], free, delay, max)
      const [wait, count] = reply as (number | string)[]
      return { wait: Number(wait), count: Number(count) }
    },
    async refund(key, count, free) {
      await write(scripts.refund, [`failures:${key}`, `wait:${key}`], count, free)
    },
    async clearAttempts(key) {
      await write(scripts.del, [`failures:${key}`])
      await write(scripts.del, [`wait:${key}`])
    },

    async useOnce(id, ttl) {
      return Number(await write(scripts.useOnce, [`used-once:${id}`], ttl)) === 1
    },
    async forgetUse(id) {
      await write(scripts.del, [`used-once:${id}`])
    },

    async keepText(key, text, ttl) {
      await write(scripts.keep, [`kept:${key}`], text, ttl)
    },
    async textOf(key) {
      const text = await read(scripts.get, [`kept:${key}`])
      return typeof text === 'string' ? text : undefined
    },

    async link(sets, member, ttl) {
      const keys = sets.map((set) => `linked:${set}`)
      await write(scripts.link, keys, member, Date.now(), ttl)
    },
    async membersOf(set) {
      return (await read(scripts.membersOf, [`linked:${set}`], Date.now())) as string[]
    },

    problem,
    close
  }
}
