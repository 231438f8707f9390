import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { responseUnderWay } from './internals.ts'

/** The response to bytes that are not a valid request: malformed HTTP, headers too large, too slow. */
export interface ClientErrorResponse {
  statusCode: number
  /** A new id for the body, the header and the log line, as there is no request that could have one. */
  readonly correlationId: string
  headers: Record<string, string>
  body: string
}

/** The part of one plugin in requests that Fastify rejects before any hook runs. */
export interface EarlyRejection {
  /** Runs on a malformed URL or an overlong parameter. May set headers; if it sends a response, no `respond` runs. */
  request?(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void
  /** Responds to such a request, after every `request`. Returns `true` if it has responded. */
  respond?(error: FastifyError, request: FastifyRequest, reply: FastifyReply): boolean
  /** Runs on bytes that are not a valid request. May change the response. */
  socket?(error: Error & { code?: string }, socket: Socket, response: ClientErrorResponse): void
}

const key = Symbol.for('seaworthy.early-rejections.v1')

/** Adds what a plugin does. It takes effect if the constructor has the {@link earlyRejectionOptions}. */
export function onEarlyRejection(fastify: FastifyInstance, rejection: EarlyRejection): void {
  if (!fastify.hasDecorator(key)) fastify.decorate<unknown>(key, [])
  fastify.getDecorator<EarlyRejection[]>(key).push(rejection)
}

const earlyRejectionsOf = (fastify: FastifyInstance): EarlyRejection[] =>
  fastify.hasDecorator(key) ? fastify.getDecorator<EarlyRejection[]>(key) : []

/** Fastify's `frameworkErrors`: the same function in every package, so that options of two packages can be merged. */
export function frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const rejections = earlyRejectionsOf(request.server)
  for (const rejection of rejections) rejection.request?.(error, request, reply)
  if (reply.sent) return
  if (rejections.some((rejection) => rejection.respond?.(error, request, reply) === true)) return

  const statusCode = error.statusCode ?? 400
  const { code, message } = error
  void reply.code(statusCode).send({ statusCode, code, error: statusText(statusCode), message })
}

/** Fastify's `clientErrorHandler`: see {@link frameworkErrors}. */
export function clientErrorHandler(
  this: FastifyInstance,
  error: Error & { code?: string },
  socket: Socket
): void {
  // A closed connection needs no response, and a socket that has one must not get a second.
  if (error.code === 'ECONNRESET' || socket.destroyed) return

  const statusCode = clientErrorStatus(error.code)
  const response: ClientErrorResponse = {
    statusCode,
    correlationId: randomUUID(),
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ statusCode, error: statusText(statusCode), message: 'Client Error' })
  }
  for (const rejection of earlyRejectionsOf(this)) rejection.socket?.(error, socket, response)

  const underWay = responseUnderWay(socket)
  // The bytes may belong to a later request on the same connection: then they get no response, because it would end up in
  // the response before, or be taken for it.
  if (underWay?.req.complete === true && !underWay.writableFinished) {
    underWay.once('finish', () => socket.destroySoon())
    underWay.once('close', () => socket.destroy())
    return
  }
  if (underWay?.headersSent === true) {
    // The body of the request whose response is under way is broken: the client must see that the response is too.
    socket.destroy()
    return
  }
  if (socket.writable) socket.write(serializeResponse(response))
  socket.destroySoon()
}

/** The handler's name in each package and build, unlike any function of an app. A bound copy keeps it. */
const handlerName = 'seaworthy.clientErrorHandler'
Object.defineProperty(clientErrorHandler, 'name', { value: handlerName })

/**
 * Whether the constructor has the {@link earlyRejectionOptions}, from this package's helper or another's. Fastify adds
 * a bound copy of the handler as a listener. If a version of Fastify did otherwise, this would be `false`, and a plugin
 * would warn about options that are present.
 */
export const hasEarlyRejectionOptions = ({ server }: FastifyInstance): boolean =>
  server.listeners('clientError').some(({ name }) => name.includes(handlerName))

function serializeResponse({ statusCode, headers, body }: ClientErrorResponse): string {
  const status = `HTTP/1.1 ${statusCode} ${statusText(statusCode)}\r\n`
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = Buffer.byteLength(body)
  return `${status}${head.join('')}content-length: ${length}\r\nconnection: close\r\n\r\n${body}`
}

function clientErrorStatus(code: string | undefined): number {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408
  if (code === 'HPE_HEADER_OVERFLOW') return 431
  return 400
}

const statusText = (statusCode: number): string => STATUS_CODES[statusCode] ?? 'Error'

/** The two constructor options by which plugins see early rejections, for HTTP/1, HTTPS and HTTP/2 alike. */
export interface EarlyRejectionOptions {
  frameworkErrors: (error: FastifyError, request: object, reply: object) => void
  clientErrorHandler: (this: FastifyInstance, error: Error & { code?: string }, socket: Socket) => void
}

export const earlyRejectionOptions: EarlyRejectionOptions = {
  frameworkErrors: frameworkErrors as EarlyRejectionOptions['frameworkErrors'],
  clientErrorHandler
}
