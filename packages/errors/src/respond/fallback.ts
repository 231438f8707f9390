import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { ErrorCode } from '../classes/codes.ts'
import { maskedMessage, titleOf } from '../classes/status.ts'
import { cutResponse, isClosed } from '../internals.ts'
import { responseFromKnownError } from '../resolve/known-errors.ts'
import type { ErrorReply } from '../resolve/error-reply.ts'
import { jsonType } from './body.ts'
import { cacheControl, dropStaleHeaders } from './headers.ts'

/**
 * Sends a plain response when sending the error's response has failed: a hook threw, or a header cannot be sent. It bypasses
 * all hooks. It is 500 and contains nothing of what was thrown, unless that is an error of Fastify's plugins, such as the
 * 503 of a circuit breaker's hook.
 */
export function sendFallbackResponse(reply: FastifyReply, failure: unknown): void {
  const { raw, request } = reply
  if (raw.headersSent || isClosed(raw)) {
    cutResponse(raw)
    return
  }
  const { statusCode, code, message } = chosenResponse(failure, reply)
  const body = JSON.stringify({
    statusCode,
    error: titleOf(statusCode),
    message,
    code,
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

function chosenResponse(failure: unknown, reply: FastifyReply): ErrorReply {
  try {
    const response = responseFromKnownError(Object(failure) as object, reply)
    if (response !== undefined) return response
  } catch {
    // It cannot be read.
  }
  const code: ErrorCode = 'INTERNAL_SERVER_ERROR'
  return { statusCode: 500, code, message: maskedMessage(500) }
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
