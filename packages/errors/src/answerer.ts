import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answer } from './answer.ts'
import { jsonBody, jsonType, problemBody, problemType, serializeBody } from './body.ts'
import type { ErrorCounts } from './counts.ts'
import { dropStaleHeaders, setErrorHeaders, vary } from './headers.ts'
import { answerRaw } from './last-resort.ts'
import { loggable, type LoggableError } from './loggable.ts'
import { languagesOf, prefersProblem } from './negotiate.ts'
import type { ResolvedOptions } from './options.ts'

/** Sends answers in the agreed shape: headers, body, one log line, one count. */
export class Answerer {
  readonly #options: ResolvedOptions
  readonly #counts: ErrorCounts
  readonly #sendAgain: FastifyReply['send']
  /** Whether failed requests are logged here; settled in `onReady`. */
  log = true

  constructor(options: ResolvedOptions, counts: ErrorCounts) {
    this.#options = options
    this.#counts = counts
    this.#sendAgain = function (this: FastifyReply, failure?: unknown) {
      answerRaw(this, failure)
      return this
    }
  }

  /** Answers what was thrown. Never throws itself. */
  error(answer: Answer, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    this.plain(answer, request, reply, () => loggable(error, answer.statusCode >= 500))
  }

  /** Answers where nothing was thrown. Never throws. */
  plain(answer: Answer, request: FastifyRequest, reply: FastifyReply, err?: () => LoggableError): void {
    try {
      this.#counts.add(answer.code, answer.statusCode)
      if (this.log) logFailure(answer, request, err?.())
      this.#send(answer, request, reply)
    } catch (failure) {
      request.log.warn({ err: loggable(failure) }, 'errors: an answer could not be sent as it should')
      answerRaw(reply, failure)
    }
  }

  #send(answer: Answer, request: FastifyRequest, reply: FastifyReply): void {
    const { format, challenge, messages } = this.#options
    dropStaleHeaders(reply)
    if (answer.headers !== undefined) setErrorHeaders(reply, answer.headers)
    if (answer.statusCode === 401 && challenge !== undefined && !reply.hasHeader('www-authenticate')) {
      reply.header('www-authenticate', challenge)
    }
    if (messages !== undefined) answer = localised(answer, messages, request, reply)
    const problem = format === 'problem' || prefersProblem(request.headers.accept)
    if (format === 'json') vary(reply, 'Accept')

    const body = problem
      ? problemBody(answer, request.id, request.url, this.#options)
      : jsonBody(answer, request.id, this.#options)
    reply.code(answer.statusCode)
    reply.header('content-type', problem ? problemType : jsonType)
    // The route's response schema is for its own answers: it would strip this one.
    reply.serializer(serializeBody)
    const { send } = reply
    // Whoever sends from here on (Fastify's default handler, after a hook has failed on this very answer) would
    // send that failure's message.
    reply.send = this.#sendAgain
    send.call(reply, body)
  }
}

function logFailure({ code, statusCode }: Answer, { log }: FastifyRequest, err?: LoggableError): void {
  const line = err === undefined ? { code, statusCode } : { code, statusCode, err }
  if (statusCode >= 500) log.error(line, 'request failed')
  else log.info(line, 'request refused')
}

function localised(
  answer: Answer,
  messages: NonNullable<ResolvedOptions['messages']>,
  request: FastifyRequest,
  reply: FastifyReply
): Answer {
  vary(reply, 'Accept-Language')
  try {
    for (const locale of languagesOf(request.headers['accept-language'])) {
      const message = messages(answer.code, locale, answer.message)
      if (typeof message !== 'string') continue
      reply.header('content-language', locale)
      return { ...answer, message }
    }
  } catch (failure) {
    request.log.warn({ err: loggable(failure) }, 'errors: "messages" has thrown')
  }
  return answer
}
