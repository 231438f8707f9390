import { constants, type ServerHttp2Session } from 'node:http2'

/** Milliseconds that a peer has to answer the ping behind the first GOAWAY. */
const patience = 3000
/** Milliseconds that a new connection has for its first request. */
const greeting = 500
/** Above every stream that a client can have opened. */
const anyStream = 2 ** 31 - 1

/**
 * Ends HTTP/2 sessions as RFC 9113 (6.8) has it: the first GOAWAY asks for no new streams and still takes those that
 * are on their way. Once the peer has answered the ping behind it there are none left, and the session is closed: open
 * streams are finished.
 */
export class Goodbyes {
  /** When a session was to be ended first, and whether it has been told. */
  readonly #asked = new WeakMap<object, { at: number; told: boolean }>()

  /** Whether the session is told now. May be called again and again: a peer that says nothing is not waited for. */
  say(session: ServerHttp2Session): boolean {
    if (session.closed || session.destroyed) return false
    const now = performance.now()
    const asked = this.#asked.get(session) ?? { at: now, told: false }
    this.#asked.set(session, asked)
    if (asked.told) {
      if (now - asked.at >= patience) close(session)
      return false
    }
    // A client that has just connected takes GOAWAY for a refusal of what it is about to send.
    if (session.state.lastProcStreamID === 0 && now - asked.at < greeting) return false

    asked.told = true
    session.goaway(constants.NGHTTP2_NO_ERROR, anyStream)
    // `false`: too many pings are under way already, which are the client's own business.
    if (!session.ping(() => close(session))) close(session)
    return true
  }
}

function close(session: ServerHttp2Session): void {
  if (!session.closed && !session.destroyed) session.close()
}
