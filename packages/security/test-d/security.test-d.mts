import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import {
  cors,
  headers,
  rateLimit,
  RateLimitError,
  security,
  securityServerOptions,
  validation,
  type CorsOptions,
  type CspNonce,
  type HelmetHeaders,
  type MakeRateLimit,
  type RateLimitResult,
  type RedisClient,
  type SecurityServerSettings,
  type SecurityStatus
} from '@seaworthy/security'

const app = Fastify(securityServerOptions({ trustProxy: ['10.0.0.0/8'] }))
expectTypeOf(app.security).toEqualTypeOf<SecurityStatus>()
expectTypeOf<FastifyInstance['security']>().toEqualTypeOf<SecurityStatus>()
expectTypeOf(app.rateLimit).toEqualTypeOf<MakeRateLimit>()
expectTypeOf(app.createRateLimit()).returns.toEqualTypeOf<Promise<RateLimitResult>>()
expectTypeOf<FastifyReply['cspNonce']>().toEqualTypeOf<CspNonce>()
expectTypeOf<FastifyReply['helmet']>().toEqualTypeOf<(options?: HelmetHeaders) => void>()
expectTypeOf(securityServerOptions()).toEqualTypeOf<SecurityServerSettings>()
expectTypeOf(new RateLimitError(1000).headers).toEqualTypeOf<Readonly<Record<string, string>> | undefined>()

await app.register(security, {
  logLevel: 'warn',
  headers: { profile: 'html', hsts: { maxAge: 63_072_000, preload: true } },
  cors: { origin: [/^https:\/\/[a-z]+\.example\.com$/, 'https://example.com'], credentials: true },
  rateLimit: { max: 100, user: { max: 1000 }, allowList: ['10.0.0.0/8'], redis: { host: 'redis' } },
  validation: { onMissingSchema: 'error' }
})
await app.register(headers, {
  logLevel: 'warn',
  contentSecurityPolicy: { directives: { imgSrc: ["'self'"] } }
})
await app.register(cors, { origin: async (origin: string | undefined) => origin === 'https://a.example.com' })
await app.register(cors, { delegator: async (request) => ({ origin: request.hostname === 'a' }) })
await app.register(cors, { delegator: (request, callback) => callback(null, { origin: request.ip === 'a' }) })
await app.register(rateLimit, { keyGenerator: ({ ip }) => ip, cost: ({ url }) => url.length })
await app.register(validation, { maxDepth: 5 })
// @ts-expect-error no option
await app.register(rateLimit, { maxx: 5 })
// @ts-expect-error no part
await app.register(security, { limits: {} })
// @ts-expect-error no origin
const misspelt: CorsOptions = { orgin: '*' }
// @ts-expect-error no profile
await app.register(headers, { profile: 'htm' })

// Route config
const ok = async () => 'ok'
app.get('/1', { config: { rateLimit: { max: 5, timeWindow: '1 minute' } } }, ok)
app.get('/2', { config: { rateLimit: false, cors: false, headers: false, helmet: false } }, ok)
app.get(
  '/3',
  {
    config: {
      rateLimit: [
        { name: 'burst', max: 2 },
        { max: 50, timeWindow: '1 day' }
      ]
    }
  },
  ok
)
app.get('/4', { config: { rateLimit: { user: { max: 5 }, failures: false } } }, ok)
app.get('/5', { config: { rateLimit: { max: async (request) => request.url.length } } }, ok)
app.get('/6', { config: { cors: { origin: '*', credentials: false }, headers: { frameguard: false } } }, ok)
app.get('/7', { config: { headers: {}, helmet: { skipRoute: true }, operational: 'metrics', own: 1 } }, ok)
app.get('/8', { helmet: { contentSecurityPolicy: { directives: { scriptSrc: ["'self'"] } } } }, ok)
app.route({ method: 'GET', url: '/9', helmet: { enableCSPNonces: true, profile: 'html' }, handler: ok })
app.get(
  '/10',
  { onRequest: app.rateLimit({ max: 5 }), preHandler: [app.rateLimit()] },
  async (request, reply) => {
    expectTypeOf(reply.cspNonce.script).toEqualTypeOf<string>()
    reply.helmet({ frameguard: { action: 'deny' } })
    const result = await app.createRateLimit({ max: 1 })(request, { increment: false })
    return result.isAllowed ? result.key : result.remaining
  }
)
// @ts-expect-error no option of a limit
app.get('/w1', { config: { rateLimit: { maxx: 5 } } }, ok)
// @ts-expect-error a limit is a number
app.get('/w2', { config: { rateLimit: { max: '5' } } }, ok)
// @ts-expect-error no option of a limit in a list
app.get('/w3', { config: { rateLimit: [{ maxx: 5 }] } }, ok)
// @ts-expect-error no option of CORS
app.get('/w4', { config: { cors: { orgin: '*' } } }, ok)
// @ts-expect-error no header
app.get('/w5', { config: { headers: { framegard: false } } }, ok)
// @ts-expect-error no header
app.get('/w6', { helmet: { framegard: false } }, ok)
// @ts-expect-error neither `probe` nor `metrics`
app.get('/w7', { config: { operational: 'prob' } }, ok)
// @ts-expect-error `true` is no limit
app.get('/w8', { config: { rateLimit: true } }, ok)

// A hook made for a limit fits a route with types of its own.
app.get<{ Params: { id: string } }>(
  '/typed/:id',
  { preHandler: app.rateLimit({ max: 1 }) },
  async (request) => {
    expectTypeOf(request.params.id).toEqualTypeOf<string>()
    return request.params.id
  }
)
expectTypeOf(app.rateLimit()).toEqualTypeOf<(request: FastifyRequest, reply: FastifyReply) => Promise<void>>()

// The members of ioredis, without ioredis.
declare const client: {
  status: string
  eval(
    ...args: [script: string, keys: number | string, ...args: (string | Buffer | number)[]]
  ): Promise<unknown>
  evalsha(
    ...args: [sha: string, keys: number | string, ...args: (string | Buffer | number)[]]
  ): Promise<unknown>
  ping(): Promise<'PONG'>
}
expectTypeOf(client).toExtend<RedisClient>()
await app.register(rateLimit, { redis: client })

export { misspelt }
