import type { FastifyReply } from 'fastify'

interface NodeStream {
  pipe: unknown
  once(event: 'error', listener: (error: unknown) => void): unknown
}

interface WebStream {
  getReader(...options: unknown[]): { closed?: Promise<unknown> }
}

const isDisconnect = (error: Error & { code?: string }): boolean =>
  error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE'

const isNodeStream = (payload: object): payload is NodeStream =>
  'pipe' in payload && typeof payload.pipe === 'function' && 'once' in payload

const isWebStream = (payload: object): payload is WebStream =>
  'getReader' in payload && typeof payload.getReader === 'function'

/** What became of a stream's answer. */
export interface StreamEvents {
  /** The stream broke: Fastify logs it and cuts the connection. */
  broken(error: unknown): void
  /** The connection was cut for another reason, a handler's time that was up: Fastify says nothing. */
  cut(error: unknown): void
}

/**
 * Tells when an answer is cut off after it has begun, so that the client sees a broken answer instead of a short one.
 * No hook tells of it.
 */
export function watchStream(reply: FastifyReply, payload: unknown, { broken, cut }: StreamEvents): void {
  if (typeof payload !== 'object' || payload === null) return
  const { raw } = reply
  let known = false
  const report = (error: unknown) => {
    // Before the first byte it is an error like any other; and once the client has left, nothing was cut.
    if (known || !raw.headersSent || raw.destroyed || raw.writableFinished) return
    known = true
    broken(error)
  }
  raw.once('close', () => {
    // Destroyed without an error it is undefined: the code that did so knows, and has said what there was to say.
    const { errored } = raw
    if (!known && errored && raw.headersSent && !isDisconnect(errored)) cut(errored)
  })
  if (isNodeStream(payload)) {
    payload.once('error', report)
    return
  }
  const source = isWebStream(payload) ? payload : (payload as { body?: unknown }).body
  if (typeof source !== 'object' || source === null || !isWebStream(source)) return
  const getReader = source.getReader.bind(source)
  source.getReader = (...options) => {
    const reader = getReader(...options)
    reader.closed?.catch(report)
    return reader
  }
}
