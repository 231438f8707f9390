import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** The answer to bytes that were no request: malformed HTTP, headers too large, too slow. */
export interface ClientErrorAnswer {
  statusCode: number
  /** No request, so no request id: an id of its own, for the body, the header and the log line. */
  readonly correlationId: string
  headers: Record<string, string>
  body: string
}

/** What a plugin does about requests that Fastify refuses before any hook runs. */
export interface Refusal {
  /** A malformed URL, an overlong parameter. May set headers; the first to send ends the chain's answering. */
  request?(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void
  /** Answers such a request, once every `request` has run; true: answered. */
  answer?(error: FastifyError, request: FastifyRequest, reply: FastifyReply): boolean
  /** No request could be read from the socket. May change the answer. */
  socket?(error: Error & { code?: string }, socket: Socket, answer: ClientErrorAnswer): void
}

const key = Symbol.for('seaworthy.refusals.v1')

/** Adds to what this instance does about refusals. Takes effect where the constructor has `refusalOptions`. */
export function onRefusal(fastify: FastifyInstance, refusal: Refusal): void {
  if (!fastify.hasDecorator(key)) fastify.decorate<unknown>(key, [])
  fastify.getDecorator<Refusal[]>(key).push(refusal)
}

const refusalsOf = (fastify: FastifyInstance): Refusal[] =>
  fastify.hasDecorator(key) ? fastify.getDecorator<Refusal[]>(key) : []

/** Fastify's `frameworkErrors`: the same function in every package, so spreading two packages' options is safe. */
export function frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const refusals = refusalsOf(request.server)
  for (const refusal of refusals) refusal.request?.(error, request, reply)
  if (reply.sent) return
  if (refusals.some((refusal) => refusal.answer?.(error, request, reply) === true)) return

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
  // A peer that is gone needs no answer, and a socket that has been answered must not get a second one.
  if (error.code === 'ECONNRESET' || socket.destroyed) return

  const statusCode = clientErrorStatus(error.code)
  const answer: ClientErrorAnswer = {
    statusCode,
    correlationId: randomUUID(),
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ statusCode, error: statusText(statusCode), message: 'Client Error' })
  }
  for (const refusal of refusalsOf(this)) refusal.socket?.(error, socket, answer)

  if (socket.writable) {
    const head = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const length = Buffer.byteLength(answer.body)
    const status = `HTTP/1.1 ${answer.statusCode} ${statusText(answer.statusCode)}\r\n`
    socket.write(
      `${status}${head.join('')}content-length: ${length}\r\nconnection: close\r\n\r\n${answer.body}`
    )
  }
  socket.destroySoon()
}

function clientErrorStatus(code: string | undefined): number {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408
  if (code === 'HPE_HEADER_OVERFLOW') return 431
  return 400
}

const statusText = (statusCode: number): string => STATUS_CODES[statusCode] ?? 'Error'

/** The two constructor options that let refusals be seen. `object`: requests of HTTP/1, HTTPS and HTTP/2 alike. */
export interface RefusalOptions {
  frameworkErrors: (error: FastifyError, request: object, reply: object) => void
  clientErrorHandler: (this: FastifyInstance, error: Error & { code?: string }, socket: Socket) => void
}

export const refusalOptions: RefusalOptions = {
  frameworkErrors: frameworkErrors as RefusalOptions['frameworkErrors'],
  clientErrorHandler
}
