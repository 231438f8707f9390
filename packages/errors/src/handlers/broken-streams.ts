import type { FastifyReply } from 'fastify'
import { isClosed, isFinished, resetStream } from '../internals.ts'

interface NodeStream {
  pipe: unknown
  once(event: 'error', listener: (error: unknown) => void): unknown
}

interface WebStream {
  getReader(...options: unknown[]): { closed?: Promise<unknown> }
}

/** The ways in which a response breaks after its head was sent. */
export interface StreamFailureListeners {
  /** The stream has failed. Fastify logs that and closes the connection. */
  onStreamError(error: unknown): void
  /** The response was destroyed with another error, such as a handler's timeout. Fastify does not log that. */
  onResponseError(error: unknown): void
}

/** Calls a listener when a response breaks after its head was sent. No hook of Fastify runs in that case. */
export function watchStream(reply: FastifyReply, payload: unknown, listeners: StreamFailureListeners): void {
  if (typeof payload !== 'object' || payload === null) return
  const { raw } = reply
  let reported = false
  const onStreamError = (error: unknown) => {
    // Before the first byte, the error handler gets the error. After the client has left, nothing is cut off.
    if (reported || !raw.headersSent || isClosed(raw) || isFinished(raw)) return
    reported = true
    listeners.onStreamError(error)
    // Fastify destroys the response, which only HTTP/1.1 shows to the client.
    resetStream(raw)
  }
  raw.once('close', () => {
    // `errored` is null if code of the app has destroyed the response without an error: it knows why. HTTP/2 has none.
    const { errored } = raw
    if (!reported && errored && raw.headersSent && !isDisconnect(errored)) listeners.onResponseError(errored)
  })
  if (isNodeStream(payload)) {
    payload.once('error', onStreamError)
    return
  }
  const source = isWebStream(payload) ? payload : (payload as { body?: unknown }).body
  if (typeof source !== 'object' || source === null || !isWebStream(source)) return
  const getReader = source.getReader.bind(source)
  source.getReader = (...options) => {
    const reader = getReader(...options)
    reader.closed?.catch(onStreamError)
    return reader
  }
}

const isNodeStream = (payload: object): payload is NodeStream =>
  'pipe' in payload && typeof payload.pipe === 'function' && 'once' in payload

const isWebStream = (payload: object): payload is WebStream =>
  'getReader' in payload && typeof payload.getReader === 'function'

const isDisconnect = (error: Error & { code?: string }): boolean =>
  error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE'
