/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
// An app with many routes, each of which has answered with five statuses.
import fp from 'fastify-plugin'
import { fastify } from './app.mjs'

const statuses = [200, 201, 400, 404, 500]

/** Adds BENCH_ROUTES routes, and the questions that `sections/scrape.mjs` asks. */
export async function withManyRoutes(app) {
  const count = Number(process.env.BENCH_ROUTES ?? 10)
  for (let index = 0; index < count; index++) {
    app.get(`/resources-${index}/:id`, async (request, reply) => {
      reply.code(Number(request.query.status ?? 200))
      return { id: request.params.id }
    })
  }
  await app.listen({ port: 0, host: '127.0.0.1' })

  return {
    port: app.server.address().port,
    async fill() {
      for (let index = 0; index < count; index++) {
        for (const status of statuses) await app.inject(`/resources-${index}/1?status=${status}`)
      }
    }
  }
}

/**
 * Fastify with a plugin that does nothing, made as plugins for others are: once one has been waited for, thousands of
 * routes added after it make each request dearer.
 */
export async function bareRoutes() {
  const app = fastify()
  await app.register(fp(async () => undefined))
  return withManyRoutes(app)
}
