import { METHODS } from 'node:http'
import fastify, {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  type LogController
} from 'fastify'

/** What the plugin wants to know of what Fastify would have logged. */
export interface LogEvents {
  /** A stream failed after its headers had gone out. */
  streamFailed(error: Error, request: FastifyRequest): void
  /** A request was answered 503, without hooks, because the server is closing. */
  refusedWhileClosing(logger: FastifyBaseLogger): void
  /** A method that no router knows, which only HTTP/2 lets pass: it is answered 404, without hooks. */
  unknownMethod(request: FastifyRequest, reply: FastifyReply): void
}

const methods = new Set(METHODS)
const oldestFastify = '5.10.0'

/** A log controller that the plugin can listen to. */
export interface OneLineLogController extends LogController {
  /** Called by the plugin: from now on it writes the lines. */
  listen(events: LogEvents): void
}

/**
 * Silences the lines that Fastify writes per request (incoming, completed, not found, error), because the plugin
 * writes the one line that says it all. Until a plugin listens, Fastify's own lines are written.
 *
 * @throws Error where Fastify is too old to have log controllers. The class is made here, and not when this file is
 * loaded, so that the import succeeds and the message says what is needed.
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
      else if (error) request.log.error({ err: error }, 'an onResponse hook failed')
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
      else events.refusedWhileClosing(logger)
    }
  }
  return new Controller(options)
}
