import { METHODS } from 'node:http'
import fastify, {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  type LogController
} from 'fastify'
import { shareLogController } from '../internals/index.ts'
import { safeError } from './safe-error.ts'

/** Events of which Fastify informs its log only. */
export interface LogEvents {
  /** A stream failed after its headers had gone out. */
  streamFailed(error: Error, request: FastifyRequest): void
  /** A request was rejected with 503, without hooks, because the server is closing. */
  rejectedWhileClosing(logger: FastifyBaseLogger): void
  /** A request was rejected with 404, without hooks, because no router has its method. Only HTTP/2 allows it. */
  unknownMethod(request: FastifyRequest, reply: FastifyReply): void
}

const methods = new Set(METHODS)
const oldestFastify = '5.10.0'

/** A log controller with one listener. */
export interface OneLineLogController extends LogController {
  /** Sends the events to the plugin, which writes the lines from now on. */
  listen(events: LogEvents): void
}

/**
 * Silences the lines that Fastify writes per request (incoming, completed, not found, error), because the plugin
 * writes one line per request. Until it listens, Fastify writes its own lines.
 *
 * @throws Error where Fastify is too old to have log controllers. The class is made in this function, so that the import
 * succeeds and the message names the version.
 */
export function oneLineLogController(options: { requestIdLogLabel: string }): OneLineLogController {
  const { LogController: Base } = fastify as Partial<Pick<typeof fastify, 'LogController'>>
  if (Base === undefined) {
    throw new Error(`observability: needs Fastify ${oldestFastify} or newer, this is ${fastify().version}`)
  }
  let events: LogEvents | undefined

  class Controller extends Base implements OneLineLogController {
    listen(listener: LogEvents): void {
      events = listener
    }

    override incomingRequest(request: FastifyRequest, reply: FastifyReply): void {
      if (events === undefined) return super.incomingRequest(request, reply)
      const { httpVersionMajor, method = '' } = request.raw
      if (httpVersionMajor > 1 && !methods.has(method)) events.unknownMethod(request, reply)
    }

    override requestCompleted(error: Error | null, request: FastifyRequest, reply: FastifyReply): void {
      if (events === undefined) super.requestCompleted(error, request, reply)
      else if (error)
        request.log.error(
          { err: safeError(error) },
          'observability: an onResponse hook failed after the response was sent'
        )
    }

    override defaultErrorLog(error: Error, request: FastifyRequest, reply: FastifyReply): void {
      if (events === undefined) super.defaultErrorLog(error, request, reply)
    }

    override routeNotFound(request: FastifyRequest, reply: FastifyReply): void {
      if (events === undefined) super.routeNotFound(request, reply)
    }

    override streamError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
      if (events === undefined) super.streamError(error, request, reply)
      else if ((error as { code?: string }).code !== 'ERR_STREAM_PREMATURE_CLOSE')
        events.streamFailed(error, request)
    }

    override serviceUnavailable(logger: FastifyBaseLogger, server: FastifyRequest['server']): void {
      if (events === undefined) super.serviceUnavailable(logger, server)
      else events.rejectedWhileClosing(logger)
    }
  }
  return shareLogController(new Controller(options))
}
