import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import { jsonType } from './body.ts'
import { codeOf, maskedMessage, titleOf } from './status.ts'

/**
 * The answer when answering has failed: a hook threw on the error's own answer, a header cannot be sent.
 * Past all hooks, and nothing in it comes from what was thrown.
 */
export function answerRaw(reply: FastifyReply, failure: unknown): void {
  const { raw, request } = reply
  if (raw.headersSent || raw.destroyed) {
    raw.destroy()
    return
  }
  const statusCode = 500
  const body = JSON.stringify({
    statusCode,
    error: titleOf(statusCode),
    message: maskedMessage(statusCode),
    code: codeOf(statusCode),
    correlationId: request.id
  })
  const headers = { 'content-type': jsonType, 'content-length': Buffer.byteLength(body) }
  reply.hijack()
  try {
    raw.writeHead(statusCode, { ...keptHeaders(reply, failure), ...headers })
  } catch {
    if (raw.headersSent) {
      raw.destroy()
      return
    }
    raw.writeHead(statusCode, headers)
  }
  raw.end(body)
}

/** The reply's headers, without those that Fastify's default handler has copied from the failure. */
function keptHeaders(reply: FastifyReply, failure: unknown): OutgoingHttpHeaders {
  const headers = reply.getHeaders() as OutgoingHttpHeaders
  const { headers: copied } = (failure ?? {}) as { headers?: unknown }
  if (typeof copied === 'object' && copied !== null) {
    for (const name of Object.keys(copied)) delete headers[name.toLowerCase()]
  }
  delete headers['transfer-encoding']
  return headers
}
