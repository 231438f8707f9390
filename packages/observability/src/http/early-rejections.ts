import type { FastifyInstance } from 'fastify'
import { onEarlyRejection } from '@seaworthy/contract'
import type { LogEvents } from '../logging/log-controller.ts'
import type { RequestLines } from '../logging/request-line.ts'
import type { IdSource } from '../tracing/request-ids.ts'
import type { Connections } from './connections.ts'
import { ensureId } from './ensure-id.ts'

/** The `reason` by the code of the error. Any other is `malformed`. */
const reasons: Record<string, string> = {
  FST_ERR_BAD_URL: 'bad_url',
  FST_ERR_MAX_PARAM_LENGTH: 'parameter_too_long',
  FST_ERR_ASYNC_CONSTRAINT: 'constraint',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'timeout'
}

const reasonOf = (code: string | undefined): string => reasons[code ?? ''] ?? 'malformed'

/** Errors of a request that ends within its body. */
const incompleteBody = new Set(['HPE_INVALID_EOF_STATE', 'ERR_HTTP_REQUEST_TIMEOUT'])

type CountRejection = (reason: string, statusCode: number) => void

/** Counts and logs the requests that are rejected before any hook, and adds the correlation id to the response. */
export function watchEarlyRejections(
  fastify: FastifyInstance,
  connections: Connections,
  ids: IdSource,
  lines: RequestLines | undefined,
  count: CountRejection | undefined
): void {
  onEarlyRejection(fastify, {
    request(error, request, reply) {
      const statusCode = error.statusCode ?? 400
      const reason = reasonOf(error.code)
      const { method = '', url = '' } = request.raw
      reply.header(ids.options.header, ensureId(request, ids))
      count?.(reason, statusCode)
      lines?.rejected(request.log, { method, url, statusCode, reason })
    },
    socket(error, socket, { statusCode, headers, correlationId }) {
      // The hooks have seen the request whose body is incomplete: it is counted and logged as aborted.
      if (incompleteBody.has(error.code ?? '') && connections.isBusy(socket)) return
      const reason = reasonOf(error.code)
      headers[ids.options.header] = correlationId
      count?.(reason, statusCode)
      lines?.rejected(fastify.log, { statusCode, reason, correlationId })
    }
  })
}

// Only HTTP/2 has methods of any length.
const maxMethod = 32

/** Counts and logs the requests that Fastify rejects without hooks and without `frameworkErrors`. */
export function rejectionsOutsideHooks(
  ids: IdSource,
  lines: RequestLines | undefined,
  count: CountRejection | undefined
): Pick<LogEvents, 'rejectedWhileClosing' | 'unknownMethod'> {
  return {
    rejectedWhileClosing(log) {
      count?.('closing', 503)
      lines?.rejected(log, { statusCode: 503, reason: 'closing' })
    },
    unknownMethod(request, reply) {
      const { url = '' } = request.raw
      const method = request.method.slice(0, maxMethod)
      reply.header(ids.options.header, ensureId(request, ids))
      count?.('unknown_method', 404)
      lines?.rejected(request.log, { method, url, statusCode: 404, reason: 'unknown_method' })
      // Otherwise Fastify logs a warning with its whole tree of routes for each such request.
      request.log.level = 'silent'
    }
  }
}
