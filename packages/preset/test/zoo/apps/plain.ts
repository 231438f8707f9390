import { join } from 'node:path'
import autoload from '@fastify/autoload'
import { postForm, postJson, type ZooApp } from '../zoo-app.ts'

export const plain: ZooApp = {
  name: 'Plain JSON API',
  build(app) {
    const user = {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string' },
        age: { type: 'integer' },
        tags: { type: 'array', items: { type: 'string' } }
      }
    }
    app.get('/', async () => ({ hello: 'world' }))
    app.post('/users', { schema: { body: user } }, async (request) => request.body)
    app.post('/echo', async (request) => request.body ?? null)
    app.get(
      '/search',
      { schema: { querystring: { type: 'object', properties: { limit: { type: 'integer' } } } } },
      async ({ query }) => query
    )
    app.get('/text', async () => 'plain text')
    app.get('/empty', async (_request, reply) => reply.code(204).send())
    app.get('/cached', async (_request, reply) =>
      reply.header('cache-control', 'public, max-age=60').send({ cached: true })
    )
  },
  requests: [
    { url: '/', status: 200, has: /world/ },
    postJson('/users', { name: 'Ada', age: 36 }, 200, /Ada/),
    postJson('/users', { name: 'Ada', age: '36' }, 200, /36/),
    postJson('/users', { name: 'Ada', more: 1 }, 200),
    postJson('/users', { age: 1 }, 400, /name/),
    postJson('/echo', { any: { thing: [1] } }, 200, /thing/),
    { ...postJson('/echo', {}, 400), body: '{' },
    postForm('/echo', { a: '1' }, 415),
    { url: '/search?limit=5', status: 200, has: /"limit":5/ },
    { url: '/search?limit=5&more=1', status: 200 },
    { url: '/search?limit=x', status: 400, has: /limit/ },
    { url: '/text', status: 200, has: /plain text/ },
    { url: '/empty', status: 204 },
    { url: '/cached', status: 200 },
    { url: '/nothing', status: 404, has: /not found/ },
    { url: '/%zz', status: 400 }
  ]
}

export const autoloaded: ZooApp = {
  name: 'JavaScript with @fastify/autoload',
  async build(app) {
    const options = { skipOverride: true, colour: 'blue' }
    await app.register(autoload, { dir: join(import.meta.dirname, '../autoload/plugins'), options })
    await app.register(autoload, { dir: join(import.meta.dirname, '../autoload/routes'), options })
  },
  requests: [
    { url: '/', status: 200, has: /"root":true/ },
    { url: '/example', status: 200, has: /this is an example/ },
    { url: '/support', status: 200, has: /hugs/ }
  ]
}
