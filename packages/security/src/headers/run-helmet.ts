import fastifyHelmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import Fastify, { type FastifyReply } from 'fastify'
import { requestWithoutSocket } from '../internals.ts'
import type { HelmetHeaders } from './helmet-types.ts'

/**
 * The nonces of one request.
 *
 * @example
 * app.get('/', async (_request, reply) => {
 *   const { script }: CspNonce = reply.cspNonce
 *   return reply.type('text/html').send(`<script nonce="${script}">start()</script>`)
 * })
 */
export interface CspNonce {
  script: string
  style: string
}

/** Options for @fastify/helmet: of the plugin, and of a route on top of them. */
export interface HelmetSet {
  readonly plugin: HelmetHeaders
  readonly route: HelmetHeaders
  readonly nonces: boolean
}

/** The headers of a set in the order of @fastify/helmet, and the nonces that are in its policy. */
export interface HelmetResult {
  readonly headers: Readonly<Record<string, string>>
  readonly nonce: CspNonce | undefined
}

/** The headers for options, at once. @throws Error of helmet for options that it rejects. */
export type HeadersOf = (options: HelmetHeaders) => Record<string, string>

/**
 * Runs @fastify/helmet for the headers of options: it is registered in an app of its own, whose one request stays open, and
 * `reply.helmet` of that request is called for each set of options. So the defaults are its own, and the responses of the
 * real app are sent without it.
 *
 * @throws Error if this version of it does not write as expected: responses without headers must not go unnoticed.
 */
export async function runHelmet(): Promise<HeadersOf> {
  // A busy machine must not time out the start of this app.
  const app = Fastify({ pluginTimeout: 0, exposeHeadRoutes: false })
  // A reply has a method `then`: by itself it would be waited for.
  const opened = Promise.withResolvers<{ reply: FastifyReply }>()
  void app.register(fastifyHelmet)
  app.setErrorHandler((error: Error) => opened.reject(error))
  void app.register(async (scope) => {
    scope.get('/', (_request, reply) => {
      // The response is never ended, so that it takes headers at any time.
      reply.hijack()
      opened.resolve({ reply })
    })
  })
  await app.ready()
  app.routing(...requestWithoutSocket('/'))
  const { reply } = await opened.promise
  if (headersOn(reply)['x-content-type-options'] !== 'nosniff') {
    throw new Error('this version of @fastify/helmet does not set its headers at once: install another one')
  }
  return (options) => {
    for (const name of reply.raw.getHeaderNames()) reply.raw.removeHeader(name)
    reply.helmet(options as FastifyHelmetOptions)
    return headersOn(reply)
  }
}

const headersOn = ({ raw }: FastifyReply): Record<string, string> => ({
  ...(raw.getHeaders() as Record<string, string>)
})
