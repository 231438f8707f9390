/** A login with refresh tokens: all refresh tokens that follow from one. */
export interface Family {
  readonly id: string
  readonly subject: string
  /** The claims of its access tokens, as JSON. */
  readonly claims: string
  /** Milliseconds since 1970 after which it cannot be refreshed. */
  readonly endsAt: number
}

/** A refresh token: the client has the text, the store keeps the hash. */
export interface RefreshToken {
  readonly text: string
  readonly hash: string
}

/** The result of presenting a refresh token. */
export type Rotation =
  | {
      readonly outcome: 'rotated' | 'grace'
      readonly claims: string
      readonly token: string
      readonly endsAt: number
    }
  | { readonly outcome: 'reused' | 'unknown' }

/** A session on the server. */
export interface SessionRecord {
  readonly id: string
  readonly subject: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly lastSeen: number
  readonly ip?: string | undefined
  readonly userAgent?: string | undefined
}

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

/** State that outlives a request: in this process, or in Redis for all processes. Durations are in milliseconds. */
export interface AuthStore {
  /** Whether other processes see it. */
  readonly shared: boolean

  /** Waits until the store can answer, but no longer than its timeout. */
  connect(): Promise<void>

  createFamily(family: Family, hash: string, idle: number): Promise<void>
  /**
   * One atomic step: the first use rotates, further ones within `grace` get the same successor, a later one ends the
   * family.
   */
  rotateFamily(
    id: string,
    presented: string,
    next: RefreshToken,
    grace: number,
    idle: number
  ): Promise<Rotation>
  endFamily(id: string): Promise<void>
  endFamiliesOf(subject: string): Promise<void>

  revoke(revocation: Revocation): Promise<void>
  /** The page of revocations after `cursor`. `undefined` starts at the first. */
  revocationsSince(cursor: string | undefined): Promise<RevocationPage>

  saveSession(session: SessionRecord, ttl: number): Promise<void>
  /** Saves a session only if it still exists: one that was ended in the meantime stays ended. */
  touchSession(session: SessionRecord, ttl: number): Promise<void>
  findSession(id: string): Promise<SessionRecord | undefined>
  endSession(id: string, subject: string | undefined): Promise<void>
  sessionsOf(subject: string): Promise<readonly SessionRecord[]>

  /** Milliseconds until the next attempt under `key` is allowed. 0 means at once. */
  waitOf(key: string): Promise<number>
  /**
   * Checks and counts an attempt in one atomic step. Returns the milliseconds to wait, or 0 if the attempt is allowed.
   * After `free` attempts the wait doubles from `delay` to `max`.
   */
  attempt(key: string, free: number, delay: number, max: number): Promise<number>
  succeed(key: string): Promise<void>

  close(): void
}
