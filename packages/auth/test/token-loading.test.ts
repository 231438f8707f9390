import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import Fastify from 'fastify'
import t from 'tap'
import { auth } from '../src/index.ts'

const { cache } = createRequire(import.meta.url)
const isLoaded = () => Object.keys(cache).some((file) => /[\\/]fast-jwt[\\/]src[\\/]index\.js$/.test(file))
const secret = randomBytes(32).toString('base64')
const afterListening = async () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

// One process, so one order: what is loaded stays.
t.test(
  'a start loads neither fast-jwt nor @fastify/jwt, which are there before the first token',
  async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(auth, { jwt: { secret } })
    app.get('/', { onRequest: app.authenticate }, async (request) => request.user)
    await app.ready()
    t.ok(app.hasPlugin('@fastify/jwt'))
    t.notOk(isLoaded(), 'not before the service listens')

    await app.listen({ port: 0 })
    await afterListening()
    t.ok(isLoaded(), 'right after it')
    const headers = { authorization: `Bearer ${app.jwt.sign({ sub: '1' })}` }
    t.match((await app.inject({ url: '/', headers })).json(), { sub: '1' })
  }
)

t.test('the names of @fastify/jwt work in an app that never listens', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { jwt: { secret } })
  app.get('/sign', async (_request, reply) => reply.jwtSign({ sub: '2' }))
  app.get('/decode', async (request) => request.jwtDecode())
  const token = (await app.inject('/sign')).body
  const headers = { authorization: `Bearer ${token}` }
  t.match((await app.inject({ url: '/decode', headers })).json(), { sub: '2' })
  t.match(app.jwt.verify(token), { sub: '2' })
  t.match(app.jwt.decode(token), { sub: '2' })
  t.match(app.jwt.options, { decoratorName: 'user' })
})
