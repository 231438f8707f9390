// An app that declares members of these names still compiles, and its types take precedence.
import Fastify from 'fastify'
import underPressure from '@fastify/under-pressure'
import circuitBreaker from '@fastify/circuit-breaker'
import { expectTypeOf } from 'expect-type'
import { resilience } from '@seaworthy/resilience'

declare module 'fastify' {
  interface FastifyInstance {
    resilience: (level: number) => string
  }
  interface FastifyRequest {
    deadline: Date
    degraded: boolean
  }
  interface FastifyContextConfig {
    priority?: number
  }
}

const app = Fastify()
await app.register(underPressure, { maxEventLoopDelay: 1000 })
await app.register(circuitBreaker)
await app.register(resilience)
expectTypeOf(app.resilience).toEqualTypeOf<(level: number) => string>()
expectTypeOf(app.isUnderPressure()).toEqualTypeOf<boolean>()
app.get('/', { config: { priority: 5 } }, async ({ deadline, degraded }) => {
  expectTypeOf(deadline).toEqualTypeOf<Date>()
  expectTypeOf(degraded).toEqualTypeOf<boolean>()
})
