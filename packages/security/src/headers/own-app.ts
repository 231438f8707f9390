import fastifyHelmet from '@fastify/helmet'
import Fastify, { type FastifyReply } from 'fastify'
import { requestWithoutSocket, type HelmetReply } from '../internals.ts'

/**
 * The reply to the one request of an app with nothing but @fastify/helmet, which stays open: for versions whose hooks need
 * more than {@link replyOfHelmet} gives them.
 */
export async function replyOfOwnApp(): Promise<HelmetReply> {
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
  const { raw, helmet } = (await opened.promise).reply as unknown as HelmetReply
  return { raw, helmet }
}
