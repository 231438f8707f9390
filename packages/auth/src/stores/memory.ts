import { ExpiringMap } from './expiring-map.ts'
import { storeUnavailable } from '../core/errors.ts'
import type { AuthStore, Family, StoredSession } from './store.ts'

interface StoredFamily extends Family {
  readonly proof: string
  current: string
  /** The newest token, for clients that present its predecessor within the grace. */
  latest: string
  /** Hashes of used tokens, and until when their reuse is tolerated. */
  readonly used: Map<string, number>
}

/** Limits what clients can fill: attempts at invented accounts, logins. */
const maxEntries = 100_000
/** Ids that were used. A store that forgot one would accept it again. */
const maxUses = 1_000_000

/** The store of one process. Its data ends with the process, and other processes do not see it. */
export function memoryStore(): AuthStore {
  const families = new ExpiringMap<StoredFamily>(maxEntries)
  const sessions = new ExpiringMap<StoredSession>(maxEntries)
  const nextIds = new ExpiringMap<string>(maxEntries)
  const failures = new ExpiringMap<{ count: number; until: number }>(maxEntries)
  const uses = new ExpiringMap<true>(maxUses)
  const texts = new ExpiringMap<string>(maxEntries)
  const sets = new ExpiringMap<Map<string, number>>(maxEntries)

  return {
    shared: false,

    async connect() {},
    async swapFingerprints() {
      return []
    },

    async createFamily(family, { hash, proof }, idle) {
      const stored = { ...family, proof, current: hash, latest: '', used: new Map<string, number>() }
      families.set(family.id, stored, Math.min(Date.now() + idle, family.endsAt))
    },

    async rotateFamily(id, presented, next, grace, idle) {
      const family = families.get(id)
      if (family === undefined || family.proof !== presented.proof) return { outcome: 'unknown' }
      if (family.thumbprint !== undefined && family.thumbprint !== presented.thumbprint)
        return { outcome: 'other_key' }
      const now = Date.now()
      const { claims, endsAt } = family
      if (family.current !== presented.hash) {
        if ((family.used.get(presented.hash) ?? 0) > now)
          return { outcome: 'grace', claims, endsAt, token: family.latest }
        families.delete(id)
        return { outcome: 'reused' }
      }
      for (const [hash, until] of family.used) if (until <= now) family.used.delete(hash)
      family.used.set(presented.hash, now + grace)
      family.current = next.hash
      family.latest = next.text
      families.set(id, family, Math.min(now + idle, endsAt))
      return { outcome: 'rotated', claims, endsAt, token: next.text }
    },

    async hasFamily(id, proof) {
      return families.get(id)?.proof === proof
    },
    async endFamily(id) {
      families.delete(id)
    },

    async endFamiliesOf(subject) {
      for (const family of families.values()) if (family.subject === subject) families.delete(family.id)
    },

    // The list of revocations is in this process already: no other process reads it.
    async revoke() {},
    async revocationsSince() {
      return { cursor: '', revocations: [], more: false, lost: false }
    },

    async saveSession(session, ttl, { maximum, rejects, replaces, continues, keepsId }) {
      if (continues && replaces !== undefined && sessions.get(replaces.id) === undefined) return 'ended'
      const others =
        maximum === 0
          ? []
          : [...sessions.values()].filter(
              ({ subject, id }) => subject === session.subject && id !== replaces?.id
            )
      if (rejects && maximum > 0 && others.length >= maximum) return 'rejected'
      const surplus = others
        .toSorted((one, other) => one.createdAt - other.createdAt)
        .slice(0, Math.max(0, others.length - maximum + 1))
      const ended = maximum === 0 ? [] : surplus.map(({ id }) => id)
      for (const id of ended) sessions.delete(id)
      if (replaces !== undefined) {
        sessions.delete(replaces.id)
        if (keepsId > 0) nextIds.set(replaces.id, session.id, Date.now() + keepsId)
      }
      sessions.set(session.id, session, Date.now() + ttl)
      return ended
    },
    async touchSession(session, ttl) {
      if (sessions.get(session.id) !== undefined) sessions.set(session.id, session, Date.now() + ttl)
    },
    async findSession(id) {
      return sessions.get(id)
    },
    async endSession(id, subject) {
      for (let next: string | undefined = id; next !== undefined; next = nextIds.get(next))
        if (subject === undefined || sessions.get(next)?.subject === subject) sessions.delete(next)
    },
    async endSessionsOf(subject, _lifetime, except) {
      for (const session of sessions.values())
        if (session.subject === subject && session.id !== except) sessions.delete(session.id)
    },
    async endSets(names) {
      const isIn = (sets: readonly string[] = []): boolean => sets.some((set) => names.includes(set))
      for (const { id, sets } of sessions.values()) if (isIn(sets)) sessions.delete(id)
      for (const { id, sets } of families.values()) if (isIn(sets)) families.delete(id)
    },
    async sessionsOf(subject) {
      return [...sessions.values()].filter((session) => session.subject === subject)
    },

    async attempt(key, free, delay, max) {
      const before = failures.get(key)
      const now = Date.now()
      if (before !== undefined && before.until > now) return { wait: before.until - now, count: before.count }
      const count = (before?.count ?? 0) + 1
      const wait = count < free ? 0 : Math.min(max, delay * 2 ** Math.min(count - free, 30))
      failures.set(key, { count, until: now + wait }, now + wait + max)
      return { wait: 0, count }
    },
    async refund(key, count, free) {
      const current = failures.get(key)
      if (current === undefined) return
      if (current.count === count || current.count <= free) current.until = 0
      current.count = Math.max(0, current.count - 1)
    },
    async clearAttempts(key) {
      failures.delete(key)
    },

    async useOnce(id, ttl) {
      if (uses.get(id) !== undefined) return false
      // The map is in parts, of which one is full before all are.
      if (uses.size > maxUses * 0.9) throw storeUnavailable('Too many requests to tell repeated ones apart')
      uses.set(id, true, Date.now() + ttl)
      return true
    },
    async forgetUse(id) {
      uses.delete(id)
    },

    async keepText(key, text, ttl) {
      texts.set(key, text, Date.now() + ttl)
    },
    async textOf(key) {
      return texts.get(key)
    },

    async link(names, member, ttl) {
      const now = Date.now()
      for (const name of names) {
        const members = sets.get(name) ?? new Map<string, number>()
        for (const [other, until] of members) if (until <= now) members.delete(other)
        members.set(member, now + ttl)
        sets.set(name, members, Math.max(...members.values()))
      }
    },
    async membersOf(name) {
      const now = Date.now()
      return [...(sets.get(name) ?? [])].filter(([, until]) => until > now).map(([member]) => member)
    },

    problem: () => undefined,
    close() {
      families.clear()
      sessions.clear()
      nextIds.clear()
      failures.clear()
      uses.clear()
      texts.clear()
      sets.clear()
    }
  }
}
