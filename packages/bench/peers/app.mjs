/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
// The service of every variant: one route, one schema, one answer.
import { createRequire } from 'node:module'

// The workspace's Fastify, for all: our packages extend classes of the copy that they are installed beside.
const Fastify = createRequire(new URL('../child.mjs', import.meta.url))('fastify')

export const user = (id) => ({ id, name: 'Ada Lovelace', email: 'ada@example.com', roles: ['admin'] })

export const userRoute = {
  schema: {
    params: { type: 'object', required: ['id'], properties: { id: { type: 'string', maxLength: 64 } } },
    response: {
      200: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          name: { type: 'string' },
          email: { type: 'string' },
          roles: { type: 'array', items: { type: 'string' } }
        }
      }
    }
  }
}

/** The recipe's handlers are async functions; so are all variants'. */
export const getUser = async (request) => user(request.params.id)

// Only where the cost of each hook is asked for.
const hooks = process.env.BENCH_HOOKS ? await import('../lib/hook-costs.mjs') : undefined
const create = hooks?.watched(Fastify) ?? Fastify

export const fastify = (options) => create(options)

export function withRoute(app, options = {}) {
  app.get('/users/:id', { ...userRoute, ...(hooks?.watchedRoute(options) ?? options) }, getUser)
  return app
}

export const bare = async () => withRoute(fastify())

export const logger = async () => withRoute(fastify({ logger: true }))
