import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { expectTypeOf } from 'expect-type'
import { Counter, Registry } from 'prom-client'
import { observability, type ErrorContext, type Observability } from '@seaworthy/observability'
import { apm, type ApmHandle } from '@seaworthy/observability/apm'

const app = Fastify()
await app.register(observability, {
  correlation: { context: true },
  logging: {
    fields(request, reply) {
      expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
      return { status: reply.statusCode }
    }
  },
  metrics: { registry: new Registry(), labels: { plan: { values: ['free'], of: ({ id }) => id } } },
  errorTracking: {
    sink(error, context) {
      expectTypeOf(error).toEqualTypeOf<unknown>()
      expectTypeOf(context).toEqualTypeOf<ErrorContext>()
    }
  },
  management: { port: 0 }
})
await app.register(observability, { logging: false, metrics: false, errorTracking: false, management: false })
await app.register(observability, {
  errorTracking: { dsn: 'https://a@b.example/1', tracesSampleRate: 0.1, release: '1.0.0' }
})

expectTypeOf(app.observability).toEqualTypeOf<Observability>()
expectTypeOf<FastifyInstance['observability']>().toEqualTypeOf<Observability>()
expectTypeOf(Fastify({ http2: true }).observability).toEqualTypeOf<Observability>()
expectTypeOf(app.observability.registry).toEqualTypeOf<Registry>()
expectTypeOf(app.observability.context()).toEqualTypeOf<FastifyRequest | undefined>()
expectTypeOf(app.observability.metrics('openmetrics')).toEqualTypeOf<Promise<string>>()
expectTypeOf(apm).toEqualTypeOf<ApmHandle | undefined>()
new Counter({ name: 'orders_total', help: 'Orders', registers: [app.observability.registry] }).inc()

app.get('/a', { config: { observability: { slowThreshold: 5, log: false }, own: 1 } }, async () => 1)
app.get('/b', { config: { observability: false } }, async () => 1)
// @ts-expect-error misspelt
app.get('/c', { config: { observability: { slowTreshold: 5 } } }, async () => 1)
// @ts-expect-error misspelt
app.route({ method: 'GET', url: '/d', config: { observability: { objektive: 5 } }, handler: async () => 1 })
// @ts-expect-error not a number
app.get('/e', { config: { observability: { objective: '5' } } }, async () => 1)
// @ts-expect-error misspelt
void app.register(observability, { loging: {} })
// @ts-expect-error no unit of that name
void app.register(observability, { metrics: { unit: 'minutes' } })
// @ts-expect-error true is neither options nor false
void app.register(observability, { logging: true })
// @ts-expect-error nothing of that name
app.observability.nothing()
