import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ProviderLogin, SessionRecord } from '../stores/store.ts'
import type { AnyRequest } from '../types/requests.ts'

/**
 * A session of a user, for a page that lists the devices.
 *
 * @example
 * const sessions: readonly ListedSession[] = await app.auth.sessions.list('ada')
 * for (const { id, expiresAt } of sessions) console.log(id, new Date(expiresAt))
 */
export interface ListedSession extends SessionRecord {
  /** Milliseconds since 1970 at which it expires if it is not used. */
  readonly idleExpiresAt: number
  /** Milliseconds since 1970 at which it expires although it is used. */
  readonly expiresAt: number
}

/**
 * The sessions of users.
 *
 * @example
 * for (const { id, userAgent } of await app.auth.sessions.list('ada')) console.log(id, userAgent)
 * await app.auth.sessions.revokeAll('ada')
 */
export interface Sessions {
  /** A user's sessions that have not ended, the newest login first. */
  list(subject: string): Promise<readonly ListedSession[]>
  /** Ends one session, by its id or one that it had before: its cookie is not valid any more. */
  revoke(id: string, subject?: string): Promise<void>
  /** Ends all sessions of a user that began before, except `except`. */
  revokeAll(subject: string, except?: string): Promise<void>
  /** The id of the request's session. */
  idOf(request: AnyRequest): string | undefined
  /** Gives the session a new id with this response. A change of user or roles does so too. */
  rotate(request: AnyRequest): void
  /**
   * Notes that the user of the session has authenticated again, now, for routes with `maxAge`, `acr` or `amr`. The session
   * gets a new id.
   */
  stepUp(request: AnyRequest, how?: { acr?: string; amr?: readonly string[] }): void
}

type Done = (error?: Error) => void

/** The hooks that load and save the session of a request. */
export interface SessionHooks {
  readonly onRequest: (request: FastifyRequest, reply: FastifyReply, done: Done) => void
  readonly onSend: (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done) => void
  readonly onResponse: (request: FastifyRequest, reply: FastifyReply, done: Done) => void
  /** Gives the request an empty session. The browser keeps its own. */
  readonly ignore: (request: FastifyRequest) => void
  /** Milliseconds since 1970 at which the user of the request's session logged in. */
  readonly loginOf: (request: FastifyRequest) => number | undefined
  /** The login at a provider by which the request's session began. */
  readonly providerLoginOf: (request: FastifyRequest) => ProviderLogin | undefined
}
