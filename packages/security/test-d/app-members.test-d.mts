// An app with members of its own by our names.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { security } from '@seaworthy/security'

declare module 'fastify' {
  interface FastifyInstance {
    security: 'high' | 'low'
    rateLimit: number
    createRateLimit(path: string): void
  }
  interface FastifyReply {
    cspNonce: string
    helmet: boolean
  }
  interface FastifyContextConfig {
    headers?: string[]
    helmet?: number
    cors: 'all' | 'none'
    rateLimit?: 'slow'
    operational?: number
  }
}

const app = Fastify()
await app.register(security)
expectTypeOf(app.security).toEqualTypeOf<'high' | 'low'>()
expectTypeOf(app.rateLimit).toEqualTypeOf<number>()
expectTypeOf(app.createRateLimit('/')).toBeVoid()
const config = { headers: ['x'], helmet: 1, cors: 'none', rateLimit: 'slow', operational: 1 } as const
app.get('/', { config: { ...config, headers: ['x'] } }, async (_request, reply) => {
  expectTypeOf(reply.cspNonce).toEqualTypeOf<string>()
  expectTypeOf(reply.helmet).toEqualTypeOf<boolean>()
  return 'ok'
})
// @ts-expect-error not the app's type
app.get('/wrong', { config: { cors: false } }, async () => 'ok')
