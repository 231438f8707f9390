// The official plugins in the same app: their types stay, and what they take is taken.
import fastifyCors, { type FastifyCorsOptions } from '@fastify/cors'
import fastifyHelmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import fastifyRateLimit, { type RateLimitOptions } from '@fastify/rate-limit'
import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyContextConfig } from 'fastify'
import { cors, headers, security, type CorsOptions } from '@seaworthy/security'

const app = Fastify()
await app.register(fastifyHelmet, { global: false })
await app.register(fastifyRateLimit, { max: 5 })
await app.register(fastifyCors, { origin: 'https://example.com' })
await app.register(security, { headers: false, rateLimit: false })

expectTypeOf<FastifyContextConfig['rateLimit']>().toEqualTypeOf<RateLimitOptions | false | undefined>()
app.get(
  '/',
  { helmet: { enableCSPNonces: true }, config: { rateLimit: { max: 3 } } },
  async (_request, reply) => {
    expectTypeOf(reply.helmet).returns.not.toBeVoid()
    return reply.cspNonce.script
  }
)
app.get('/none', { helmet: false, preHandler: app.rateLimit({ max: 3 }) }, async () => 'ok')
app.route({ method: 'GET', url: '/route', helmet: { frameguard: false }, handler: async () => 'ok' })
// @ts-expect-error no header
app.get('/wrong', { helmet: { framegard: false } }, async () => 'ok')

declare const corsOptions: FastifyCorsOptions
const taken: CorsOptions = corsOptions
declare const helmetOptions: FastifyHelmetOptions
await app.register(headers, helmetOptions)
await app.register(cors, { ...corsOptions, origin: ['https://example.com'] })

export { taken }
