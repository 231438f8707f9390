// The official plugins in the same app as the preset: their types stay.
import fastifyAuth from '@fastify/auth'
import fastifyCookie from '@fastify/cookie'
import fastifyCors from '@fastify/cors'
import fastifyHelmet from '@fastify/helmet'
import fastifyJwt from '@fastify/jwt'
import fastifyRateLimit, { type RateLimitOptions } from '@fastify/rate-limit'
import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyContextConfig } from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'

declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: { id: number }
  }
}

const options = { auth: false, security: { headers: false, rateLimit: false, cors: false } } as const
const app = Fastify(serverOptions(options))
await app.register(fastifyHelmet, { global: false })
await app.register(fastifyRateLimit, { max: 5 })
await app.register(fastifyCors, { origin: 'https://example.com' })
await app.register(fastifyCookie)
await app.register(fastifyJwt, { secret: 'x' })
await app.register(fastifyAuth)
await app.register(seaworthy, options)

expectTypeOf<FastifyContextConfig['rateLimit']>().toEqualTypeOf<RateLimitOptions | false | undefined>()
app.get(
  '/',
  { helmet: { enableCSPNonces: true }, config: { rateLimit: { max: 3 } } },
  async (request, reply) => {
    expectTypeOf(request.user).toEqualTypeOf<{ id: number }>()
    return reply.setCookie('a', 'b').send(reply.cspNonce.script)
  }
)
app.get('/both', { preHandler: app.auth([(_request, _reply, done) => done()]) }, async () => 1)
app.get('/none', { helmet: false, preHandler: app.rateLimit({ max: 3 }) }, async () =>
  app.jwt.sign({ id: 5 })
)
// @ts-expect-error no header
app.get('/wrong', { helmet: { framegard: false } }, async () => 'ok')
