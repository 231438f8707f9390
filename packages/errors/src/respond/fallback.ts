import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { ErrorCode } from '../classes/codes.ts'
import { maskedMessage, titleOf } from '../classes/status.ts'
import { cutResponse, isClosed } from '../internals.ts'
import { jsonType } from './body.ts'
import { cacheControl, dropStaleHeaders } from './headers.ts'

/**
 * Sends a plain 500 when sending the error's response has failed: a hook threw, or a header cannot be sent. It bypasses
 * all hooks and contains nothing of what was thrown.
 */
export function sendFallbackResponse(reply: FastifyReply, failure: unknown): void {
  const { raw, request } = reply
  if (raw.headersSent || isClosed(raw)) {
    cutResponse(raw)
    return
  }
  const statusCode = 500
  const body = JSON.stringify({
    statusCode,
    error: titleOf(statusCode),
    message: maskedMessage(statusCode),
    code: 'INTERNAL_SERVER_ERROR' satisfies ErrorCode,
    correlationId: request.id
  })
  const headers = {
    'content-type': jsonType,
    'content-length': Buffer.byteLength(body),
    'cache-control': cacheControl(reply)
  }
  reply.hijack()
  try {
    raw.writeHead(statusCode, { ...headersToKeep(reply, failure), ...headers })
  } catch {
    if (raw.headersSent) {
      cutResponse(raw)
      return
    }
    raw.writeHead(statusCode, headers)
  }
  raw.end(body)
}

/**
 * The reply's headers, without those of the response that failed and those that Fastify's default handler has copied from
 * the failure.
 */
function headersToKeep(reply: FastifyReply, failure: unknown): OutgoingHttpHeaders {
  dropStaleHeaders(reply)
  const headers = reply.getHeaders() as OutgoingHttpHeaders
  const { headers: copied } = (failure ?? {}) as { headers?: unknown }
  if (typeof copied === 'object' && copied !== null) {
    for (const name of Object.keys(copied)) delete headers[name.toLowerCase()]
  }
  delete headers['transfer-encoding']
  return headers
}
