import type { FastifyInstance } from 'fastify'
import { onEarlyRejection } from '@seaworthy/contract'
import type { Connections } from './connections.ts'
import type { RequestLines } from '../logging/request-line.ts'
import type { LogEvents } from '../logging/log-controller.ts'
import type { IdSource } from '../tracing/request-ids.ts'

const reasons: Record<string, string> = {
  FST_ERR_BAD_URL: 'bad_url',
  FST_ERR_MAX_PARAM_LENGTH: 'parameter_too_long',
  FST_ERR_ASYNC_CONSTRAINT: 'constraint',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'timeout'
}

type Count = (reason: string, statusCode: number) => void

const brokenOff = new Set(['HPE_INVALID_EOF_STATE', 'ERR_HTTP_REQUEST_TIMEOUT'])

/** Requests that no hook sees: each counted, each one line, each answered with its id. */
export function watchRefusals(
  fastify: FastifyInstance,
  connections: Connections,
  ids: IdSource,
  lines: RequestLines | undefined,
  count: Count | undefined
): void {
  onEarlyRejection(fastify, {
    request(error, request, reply) {
      const statusCode = error.statusCode ?? 400
      const reason = reasons[error.code] ?? 'malformed'
      const { method, url } = request.raw
      reply.header(ids.options.header, request.id)
      count?.(reason, statusCode)
      lines?.refused(request.log, { method: method ?? '', url: url ?? '', statusCode, reason })
    },
    socket(error, socket, { statusCode, headers, correlationId }) {
      // A body that breaks off is the end of a request that is known: it is an abort.
      if (brokenOff.has(error.code ?? '') && connections.busy(socket)) return
      const reason = reasons[error.code ?? ''] ?? 'malformed'
      headers[ids.options.header] = correlationId
      count?.(reason, statusCode)
      lines?.refused(fastify.log, { statusCode, reason, correlationId })
    }
  })
}

/** Those that Fastify answers itself, telling its log alone. */
export function hooklessRefusals(
  ids: IdSource,
  lines: RequestLines | undefined,
  count: Count | undefined
): Pick<LogEvents, 'refusedWhileClosing' | 'unknownMethod'> {
  return {
    refusedWhileClosing(log) {
      count?.('closing', 503)
      lines?.refused(log, { statusCode: 503, reason: 'closing' })
    },
    unknownMethod(request, reply) {
      const { url } = request.raw
      const method = request.method.slice(0, 32)
      reply.header(ids.options.header, request.id)
      count?.('unknown_method', 404)
      lines?.refused(request.log, { method, url: url ?? '', statusCode: 404, reason: 'unknown_method' })
      // Fastify goes on with a warning and its whole tree of routes, for whoever sends such a method.
      request.log.level = 'silent'
    }
  }
}
