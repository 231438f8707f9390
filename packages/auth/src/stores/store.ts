/** A login with refresh tokens: all refresh tokens that follow from one. */
export interface Family {
  readonly id: string
  readonly subject: string
  /** The claims of its access tokens, as JSON. */
  readonly claims: string
  /** Milliseconds since 1970 after which it cannot be refreshed. */
  readonly endsAt: number
  /** The thumbprint of the key to which its tokens are bound. */
  readonly thumbprint: string | undefined
  /** The sets by whose end it ends: see {@link AuthStore.endSets}. */
  readonly sets?: readonly string[] | undefined
}

/** A refresh token: the client has the text, the store keeps the hash. */
export interface RefreshToken {
  readonly text: string
  readonly hash: string
}

/** The hashes of a refresh token that a client presents. */
export interface PresentedToken {
  readonly hash: string
  /** The hash of what all tokens of a family share, and only their holders know. */
  readonly proof: string
  /** The thumbprint of the key that the client has proven. */
  readonly thumbprint?: string | undefined
}

/** The result of presenting a refresh token. */
export type Rotation =
  | {
      readonly outcome: 'rotated' | 'grace'
      readonly claims: string
      readonly token: string
      readonly endsAt: number
    }
  | { readonly outcome: 'reused' | 'unknown' | 'other_key' }

/**
 * A session on the server.
 *
 * @example
 * const inBrowsers = (records: readonly SessionRecord[]) => records.filter(({ userAgent }) => userAgent?.includes('Mozilla'))
 * console.log(inBrowsers(await app.auth.sessions.list('ada')))
 */
export interface SessionRecord {
  readonly id: string
  readonly subject: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly lastSeen: number
  readonly ip?: string | undefined
  readonly userAgent?: string | undefined
}

/** The login at an identity provider by which a session or family began. */
export interface ProviderLogin {
  readonly id: string
  /** The provider's name in the options. */
  readonly provider: string
  readonly issuer: string
  readonly subject: string
  /** The provider's id of its session. */
  readonly sid: string | undefined
}

/** A session as it is stored. */
export interface StoredSession extends SessionRecord {
  readonly login?: ProviderLogin | undefined
  /** The sets by whose end it ends: see {@link AuthStore.endSets}. */
  readonly sets?: readonly string[] | undefined
}

/** The rules for saving a session: how many a user may have, and which one it replaces. */
export interface SavingRules {
  /** 0: any number. */
  readonly maximum: number
  /** Whether the new session is rejected. Otherwise the oldest ones end. */
  readonly rejects: boolean
  /** The session that the new one replaces: it ends, and does not count. */
  readonly replaces: SessionRecord | undefined
  /** Whether the new session continues that one: if it was ended in the meantime, the new one is not saved. */
  readonly continues: boolean
  /** Milliseconds for which ending the replaced session by its id ends the new one. 0: not at all. */
  readonly keepsId: number
}

/** The result of saving a session: not saved, or the ids of the sessions that ended for it. */
export type SavedSession = 'rejected' | 'ended' | readonly string[]

/** A revocation: `jti:…`, `sid:…` or `sub:…`. It applies to tokens issued at `cutoff` or before, until `until`. */
export interface Revocation {
  readonly entry: string
  readonly cutoff: number
  readonly until: number
}

/** A page of revocations, in the order in which they were made. */
export interface RevocationPage {
  readonly cursor: string
  readonly revocations: readonly Revocation[]
  /** There are more after the cursor. */
  readonly more: boolean
  /** The store has lost its data since it returned the cursor. */
  readonly lost: boolean
}

/** The result of counting an attempt. */
export interface Attempt {
  /** Milliseconds to wait, or 0 if the attempt was counted and is allowed. */
  readonly wait: number
  /** The attempts that count now. */
  readonly count: number
}

/** State that outlives a request: in this process, or in Redis for all processes. Durations are in milliseconds. */
export interface AuthStore {
  /** Whether other processes see it. */
  readonly shared: boolean

  /** Waits until the store can answer, but no longer than its timeout. */
  connect(): Promise<void>

  /** Stores the fingerprints of this service's secrets, and returns those that were there: of itself, or of another service. */
  swapFingerprints(fingerprints: readonly string[]): Promise<readonly string[]>

  createFamily(family: Family, token: PresentedToken, idle: number): Promise<void>
  /**
   * One atomic step: the first use rotates, further ones within `grace` get the same successor, a later one ends the
   * family. A token without the family's proof was never issued, and one without the key of a bound family was stolen:
   * both change nothing.
   */
  rotateFamily(
    id: string,
    presented: PresentedToken,
    next: RefreshToken,
    grace: number,
    idle: number
  ): Promise<Rotation>
  /** Whether there is a family with this proof. */
  hasFamily(id: string, proof: string): Promise<boolean>
  endFamily(id: string): Promise<void>
  /** Ends all families of a user, also those that no list has. `lifetime` is the longest that a family can have. */
  endFamiliesOf(subject: string, lifetime: number): Promise<void>

  revoke(revocation: Revocation): Promise<void>
  /** The page of revocations after `cursor`. `undefined` starts at the first. */
  revocationsSince(cursor: string | undefined): Promise<RevocationPage>

  /** One atomic step: counts the user's sessions, makes room, and saves. */
  saveSession(session: StoredSession, ttl: number, rules: SavingRules): Promise<SavedSession>
  /** Saves a session only if it still exists: one that was ended in the meantime stays ended. */
  touchSession(session: StoredSession, ttl: number): Promise<void>
  findSession(id: string): Promise<StoredSession | undefined>
  /** Ends the session that has or had this id. With `subject`, only one of that user. */
  endSession(id: string, subject: string | undefined): Promise<void>
  /** Ends all sessions of a user, also those that no list has. `lifetime` is the longest that a session can have. */
  endSessionsOf(subject: string, lifetime: number, except: string | undefined): Promise<void>
  sessionsOf(subject: string): Promise<readonly StoredSession[]>
  /** Ends all sessions and families that are in one of these sets until now. `lifetime` is the longest of theirs. */
  endSets(names: readonly string[], lifetime: number): Promise<void>

  /**
   * Checks and counts an attempt in one atomic step, before the work that it limits. After `free` attempts the wait
   * doubles from `delay` to `max`.
   */
  attempt(key: string, free: number, delay: number, max: number): Promise<Attempt>
  /** Takes back an attempt that was none, such as a login that succeeded: its count, and the wait that it began. */
  refund(key: string, count: number, free: number): Promise<void>
  clearAttempts(key: string): Promise<void>

  /** One atomic step: whether an id is used for the first time within `ttl`. */
  useOnce(id: string, ttl: number): Promise<boolean>
  /** Makes an id usable again. */
  forgetUse(id: string): Promise<void>

  /** Keeps a text for `ttl`. */
  keepText(key: string, text: string, ttl: number): Promise<void>
  textOf(key: string): Promise<string | undefined>

  /** Adds a member to several sets, for `ttl`. */
  link(sets: readonly string[], member: string, ttl: number): Promise<void>
  /** The members of a set that have not expired. */
  membersOf(set: string): Promise<readonly string[]>

  /** Why the store does not answer now. */
  problem(): Error | undefined
  close(): void
}
