import { STATUS_CODES } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { scrubAndCut } from '@seaworthy/internal'

const maxMessage = 300

/** The text of a failure for an operator, without secrets. */
export function failureText(error: unknown): string {
  try {
    const { message } = (error ?? {}) as { message?: unknown }
    return scrubAndCut(typeof message === 'string' ? message : String(error), maxMessage)
  } catch {
    return 'unreadable'
  }
}

/** Answers failed requests of operators in Fastify's form. */
export function answerFailures(app: FastifyInstance): void {
  app.setErrorHandler((error: { statusCode?: unknown } | null | undefined, _request, reply) => {
    const wanted = Number(error?.statusCode)
    const statusCode = wanted >= 400 && wanted < 600 ? wanted : Math.max(reply.statusCode, 500)
    return reply
      .code(statusCode)
      .send({ statusCode, error: STATUS_CODES[statusCode] ?? 'Error', message: failureText(error) })
  })
}
