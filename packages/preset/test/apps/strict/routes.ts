import type { FastifyPluginAsync } from 'fastify'

interface Sum {
  Params: { a: string }
  Querystring: { b?: number }
  Reply: { 200: { sum: number }; 400: { message: string } }
}

declare module 'fastify' {
  interface FastifyRequest {
    startedAt: bigint
  }
}

export const routes: FastifyPluginAsync = async (app) => {
  app.decorateRequest('startedAt', 0n)
  app.addHook('onRequest', async (request) => {
    request.startedAt = process.hrtime.bigint()
  })
  app.get<Sum>(
    '/sum/:a',
    { schema: { querystring: { type: 'object', properties: { b: { type: 'number' } } } } },
    async (request, reply) => {
      const a = Number(request.params.a)
      if (Number.isNaN(a)) return reply.code(400).send({ message: 'a is not a number' })
      return { sum: a + (request.query.b ?? 0) }
    }
  )
}
