import { constants, type ServerHttp2Session } from 'node:http2'

/** Milliseconds that a peer has to answer the ping behind the first GOAWAY. */
const pingTimeoutMs = 3000
/** Milliseconds that a new session has for its first request before it gets GOAWAY. */
const newSessionGraceMs = 500
/** A stream id above every stream that a client can have opened. */
const maxStreamId = 2 ** 31 - 1

interface GoawayState {
  /** When `send` was called first. */
  requestedAt: number
  isSent: boolean
}

/**
 * Ends HTTP/2 sessions in two steps, as RFC 9113 (6.8) describes: the first GOAWAY asks the client for no new streams
 * and accepts those that are on their way. Once the peer has answered the ping behind it, no more can arrive, and the
 * session closes: open streams are finished.
 */
export class GoawaySender {
  readonly #states = new WeakMap<object, GoawayState>()

  /**
   * Sends GOAWAY to the session, once it may. Called repeatedly: a peer that does not answer the ping in time is closed.
   *
   * @returns Whether GOAWAY was sent by this call.
   */
  send(session: ServerHttp2Session): boolean {
    if (session.closed || session.destroyed) return false
    const now = performance.now()
    const state = this.#states.get(session) ?? { requestedAt: now, isSent: false }
    this.#states.set(session, state)
    const waited = now - state.requestedAt
    if (state.isSent) {
      if (waited >= pingTimeoutMs) close(session)
      return false
    }
    // A client that has just connected takes GOAWAY for a rejection of the request that it is about to send.
    if (session.state.lastProcStreamID === 0 && waited < newSessionGraceMs) return false

    state.isSent = true
    session.goaway(constants.NGHTTP2_NO_ERROR, maxStreamId)
    // `ping` returns false when too many pings of the app are under way.
    if (!session.ping(() => close(session))) close(session)
    return true
  }
}

function close(session: ServerHttp2Session): void {
  if (!session.closed && !session.destroyed) session.close()
}
