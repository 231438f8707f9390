/** A login that is refreshed: all refresh tokens that follow from one. */
export interface Family {
  readonly id: string
  readonly subject: string
  /** What the access tokens say, as JSON. */
  readonly claims: string
  /** Milliseconds since 1970 at which it ends whatever happens. */
  readonly endsAt: number
}

/** A refresh token: given out as text, kept as a hash. */
export interface RefreshToken {
  readonly text: string
  readonly hash: string
}

/** What became of a refresh token that was shown. */
export type Rotation =
  | {
      readonly outcome: 'rotated' | 'grace'
      readonly claims: string
      readonly token: string
      readonly endsAt: number
    }
  | { readonly outcome: 'reused' | 'unknown' }

/** A session as the server knows it. */
export interface SessionRecord {
  readonly id: string
  readonly subject: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly lastSeen: number
  readonly ip?: string | undefined
  readonly userAgent?: string | undefined
}

/** A revocation: `jti:…`, `sid:…` or `sub:…`. Tokens issued at `cutoff` or before are refused, until `until`. */
export interface Revocation {
  readonly entry: string
  readonly cutoff: number
  readonly until: number
}

/** Some revocations, in the order in which they were made. */
export interface RevocationPage {
  readonly cursor: string
  readonly revocations: readonly Revocation[]
  /** There are more after the cursor. */
  readonly more: boolean
  /** The store has lost what it had when the cursor was given. */
  readonly lost: boolean
}

/** Where what must outlive a request is kept: in this process, or in Redis for all processes. */
export interface AuthStore {
  /** Whether other processes see it. */
  readonly shared: boolean

  createFamily(family: Family, hash: string, idle: number): Promise<void>
  /** In one step: the first use rotates, further ones within `grace` get the same successor, later ones end it. */
  rotateFamily(id: string, shown: string, next: RefreshToken, grace: number, idle: number): Promise<Rotation>
  endFamily(id: string): Promise<void>
  endFamiliesOf(subject: string): Promise<void>

  revoke(revocation: Revocation): Promise<void>
  /** Those after `cursor` (undefined: all), a page of them, and the cursor that they lead to. */
  revocationsSince(cursor: string | undefined): Promise<RevocationPage>

  saveSession(session: SessionRecord, ttl: number): Promise<void>
  /** Like `saveSession`, but only while the session is there: one that was ended meanwhile stays ended. */
  touchSession(session: SessionRecord, ttl: number): Promise<void>
  findSession(id: string): Promise<SessionRecord | undefined>
  endSession(id: string, subject: string | undefined): Promise<void>
  sessionsOf(subject: string): Promise<readonly SessionRecord[]>

  /** Milliseconds to wait before `key` may try again; 0: at once. */
  waitOf(key: string): Promise<number>
  /**
   * Counts a try, in one step with asking: gives the milliseconds to wait, or 0 where it may go on. After `free` tries
   * the wait doubles from `delay` to `max`.
   */
  attempt(key: string, free: number, delay: number, max: number): Promise<number>
  succeed(key: string): Promise<void>

  close(): void
}
