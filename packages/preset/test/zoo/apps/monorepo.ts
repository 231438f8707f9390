import Fastify from 'fastify512'
import { postJson, type ZooApp } from '../zoo-app.ts'

class Conflict extends Error {
  statusCode = 409
  code = 'CONFLICT'
}

/** An app of a monorepo with a Fastify of its own: the plugins find another copy and another version beside them. */
export const monorepo: ZooApp = {
  name: 'A monorepo with two copies of Fastify',
  make: Fastify as unknown as NonNullable<ZooApp['make']>,
  build(app) {
    const user = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }
    app.get('/', async () => ({ version: app.version }))
    app.post('/users', { schema: { body: user } }, async (request) => request.body)
    app.get('/conflict', async () => {
      throw new Conflict('taken')
    })
  },
  requests: [
    { url: '/', status: 200, has: /5\.12\.0/ },
    postJson('/users', { name: 'Ada' }, 200, /Ada/),
    postJson('/users', {}, 400, /name/),
    { ...postJson('/users', {}, 400), body: '{' },
    { url: '/conflict', status: 409 },
    { url: '/nothing', status: 404 },
    { url: '/%zz', status: 400 }
  ]
}
