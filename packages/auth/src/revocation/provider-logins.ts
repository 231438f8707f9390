import { hash } from 'node:crypto'
import type { Audit } from '../core/audit.ts'
import type { IssuerScope } from './issuer-scope.ts'
import type { Revocations } from './revocations.ts'
import type { AuthStore, ProviderLogin, StoredSession } from '../stores/store.ts'
import type { AnyRequest } from '../types/requests.ts'

/** The logins that a provider ends: one session of its, or all of a subject. */
export interface EndedLogins {
  readonly issuer: string
  readonly sid: string | undefined
  readonly subject: string | undefined
}

/** Remembers which sessions and families began by which login at a provider, so that its logout ends them. */
export interface ProviderLogins {
  /** Notes that a request logs in. Sessions and families that it starts belong to the login. */
  begin(request: AnyRequest, login: ProviderLogin): void
  of(request: AnyRequest): ProviderLogin | undefined
  /** The sets of a login: it ends with each of them, also where the store has lost the links. */
  setsOf(login: ProviderLogin): readonly string[]
  /** Links a session, before it is saved. `ttl` is in milliseconds, as those that follow. */
  linkSession(session: StoredSession, ttl: number): Promise<void>
  /** Links the family that the request starts, if it logs in at a provider. */
  linkFamily(request: AnyRequest, family: string, ttl: number): Promise<void>
  keepIdToken(login: ProviderLogin, idToken: string, ttl: number): Promise<void>
  idTokenOf(login: ProviderLogin): Promise<string | undefined>
  /**
   * Ends sessions and families, and the provider's own tokens if they are accepted. `onlyKnown`: those only if something
   * began here, because the ids come from a client, and each makes an entry in the list of revocations.
   */
  end(ended: EndedLogins, how?: { onlyKnown: boolean }): Promise<void>
}

export interface ProviderLoginsDependencies {
  readonly store: AuthStore
  readonly revocations: Revocations
  readonly issuers: IssuerScope
  readonly audit: Audit
  /** Milliseconds that a session or family lives at most. */
  readonly lifetime: number
}

/** A session or family of a login. `hasSid`: the provider has an id for its session, which its logout names. */
interface Link {
  readonly kind: 'session' | 'family'
  readonly id: string
  readonly subject: string
  readonly hasSid: boolean
}

/** The name of a set: `rest` are the logins of a subject without an id. A hash, because the parts come from elsewhere. */
const setOf = (kind: 'sid' | 'sub' | 'rest', issuer: string, value: string): string =>
  hash('sha256', JSON.stringify([kind, issuer, value]), 'base64url')

export function createProviderLogins({
  store,
  revocations,
  issuers,
  audit,
  lifetime
}: ProviderLoginsDependencies): ProviderLogins {
  const logins = new WeakMap<AnyRequest, ProviderLogin>()

  const link = async (login: ProviderLogin, kind: Link['kind'], id: string, subject: string, ttl: number) => {
    const { issuer, sid } = login
    const sets = [setOf('sub', issuer, login.subject)]
    if (sid !== undefined) sets.push(setOf('sid', issuer, sid))
    const member: Link = { kind, id, subject, hasSid: sid !== undefined }
    await store.link(sets, JSON.stringify(member), ttl)
  }

  /** The sets that a logout ends. With an id, sessions of the subject that have another one stay. */
  function endedSets({ issuer, sid, subject }: EndedLogins): string[] {
    if (sid === undefined) return subject === undefined ? [] : [setOf('sub', issuer, subject)]
    return [setOf('sid', issuer, sid), ...(subject === undefined ? [] : [setOf('rest', issuer, subject)])]
  }

  async function linksOf({ issuer, sid, subject }: EndedLogins): Promise<Link[]> {
    const bySid = sid === undefined ? [] : await store.membersOf(setOf('sid', issuer, sid))
    const bySubject = subject === undefined ? [] : await store.membersOf(setOf('sub', issuer, subject))
    const parse = (member: string): Link => JSON.parse(member) as Link
    // With an id, sessions of the subject that have another one stay.
    const ofSubject = bySubject.map(parse).filter(({ hasSid }) => sid === undefined || !hasSid)
    return [...bySid.map(parse), ...ofSubject]
  }

  async function endLink({ kind, id, subject }: Link): Promise<void> {
    if (kind === 'session') return store.endSession(id, subject)
    await revocations.revoke('sid', id)
    await store.endFamily(id)
  }

  /** Tokens of the provider that this service accepts as they are (`jwt.issuers`). */
  async function revokeTokens({ issuer, sid, subject }: EndedLogins): Promise<void> {
    if (!issuers.names.includes(issuer)) return
    if (sid !== undefined) await revocations.revoke('sid', sid, issuer)
    else if (subject !== undefined) await revocations.revoke('sub', subject, issuer)
  }

  return {
    begin: (request, login) => void logins.set(request, login),
    of: (request) => logins.get(request),
    setsOf: ({ issuer, sid, subject }) => [
      setOf('sub', issuer, subject),
      sid === undefined ? setOf('rest', issuer, subject) : setOf('sid', issuer, sid)
    ],
    async linkSession({ login, id, subject }, ttl) {
      if (login !== undefined) await link(login, 'session', id, subject, ttl)
    },
    async linkFamily(request, family, ttl) {
      const login = logins.get(request)
      if (login !== undefined) await link(login, 'family', family, '', ttl)
    },
    keepIdToken: (login, idToken, ttl) => store.keepText(`id-token:${login.id}`, idToken, ttl),
    idTokenOf: ({ id }) => store.textOf(`id-token:${id}`),
    async end(ended, { onlyKnown } = { onlyKnown: false }) {
      const links = await linksOf(ended)
      const isKnown = !onlyKnown || links.length > 0
      await Promise.all([
        ...links.map(endLink),
        ...(isKnown ? [store.endSets(endedSets(ended), lifetime), revokeTokens(ended)] : [])
      ])
      for (const { kind } of links)
        audit.record({
          type: kind === 'session' ? 'session_ended' : 'revoked',
          outcome: 'provider_logout',
          scheme: kind === 'session' ? 'session' : 'jwt'
        })
    }
  }
}
