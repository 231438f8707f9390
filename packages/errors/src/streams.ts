import type { FastifyReply } from 'fastify'

interface NodeStream {
  pipe: unknown
  once(event: 'error', listener: (error: unknown) => void): unknown
}

interface WebStream {
  getReader(...options: unknown[]): { closed?: Promise<unknown> }
}

const isNodeStream = (payload: object): payload is NodeStream =>
  'pipe' in payload && typeof payload.pipe === 'function' && 'once' in payload

const isWebStream = (payload: object): payload is WebStream =>
  'getReader' in payload && typeof payload.getReader === 'function'

/**
 * Calls `failed` when a stream breaks after its answer has begun. Fastify then cuts the connection, so that the client
 * sees a broken answer instead of a short one; no hook tells of it.
 */
export function watchStream(reply: FastifyReply, payload: unknown, failed: (error: unknown) => void): void {
  if (typeof payload !== 'object' || payload === null) return
  const { raw } = reply
  const report = (error: unknown) => {
    // Before the first byte it is an error like any other; and once the client has left, nothing was cut.
    if (raw.headersSent && !raw.destroyed && !raw.writableFinished) failed(error)
  }
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
