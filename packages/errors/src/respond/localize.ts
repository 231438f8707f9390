import type { FastifyReply, FastifyRequest } from 'fastify'
import { loggable } from '../logging/loggable.ts'
import type { ErrorReply } from '../resolve/error-reply.ts'
import { atOnce } from '../options-at-once.ts'
import { addVary } from './headers.ts'
import { languagesOf } from './negotiate.ts'
import type { ErrorMessages } from './options.ts'

/** The response in the first of the client's languages for which the app has a message. */
export function localize(
  response: ErrorReply,
  messages: ErrorMessages,
  request: FastifyRequest,
  reply: FastifyReply
): ErrorReply {
  addVary(reply, 'Accept-Language')
  try {
    for (const locale of languagesOf(request.headers['accept-language'])) {
      const message = atOnce(messages(response.code, locale, response.message), 'messages')
      if (typeof message !== 'string') continue
      reply.header('content-language', locale)
      return { ...response, message }
    }
  } catch (failure) {
    request.log.warn(
      { err: loggable(failure) },
      'errors: the option "messages" has thrown; sending the message untranslated'
    )
  }
  return response
}
