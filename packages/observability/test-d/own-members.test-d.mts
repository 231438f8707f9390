// An app that had these names before it came to the plugin goes on compiling, and keeps its types.
import Fastify from 'fastify'
import { FastifyOtelInstrumentation } from '@fastify/otel'
import { expectTypeOf } from 'expect-type'
import fastifyMetrics from 'fastify-metrics'
import { observability } from '@seaworthy/observability'

declare module 'fastify' {
  interface FastifyInstance {
    observability: string
  }
  interface FastifyContextConfig {
    observability?: { level: number }
  }
}

const app = Fastify()
await app.register(fastifyMetrics.default, { endpoint: '/own-metrics' })
await app.register(new FastifyOtelInstrumentation().plugin())
await app.register(observability)
expectTypeOf(app.observability).toEqualTypeOf<string>()
app.get('/', { config: { observability: { level: 5 } } }, async () => 'ok')
