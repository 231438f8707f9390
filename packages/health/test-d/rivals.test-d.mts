// An app that declares a decorator `health` and a route option `operational` itself.
import underPressure from '@fastify/under-pressure'
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { health } from '@seaworthy/health'

declare module 'fastify' {
  interface FastifyInstance {
    health: () => Promise<boolean>
  }
  interface FastifyContextConfig {
    operational?: boolean
  }
}

const app = Fastify()
await app.register(underPressure, { healthCheck: async () => true })
await app.register(health)
expectTypeOf(app.health).toEqualTypeOf<() => Promise<boolean>>()
app.get('/', { config: { operational: true } }, async () => app.memoryUsage())
