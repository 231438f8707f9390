import Fastify, { type FastifyInstance } from 'fastify'
import { expectTypeOf } from 'expect-type'
import { resilience, type RequestDeadline, type Resilience } from '@seaworthy/resilience'

const app = Fastify()
await app.register(resilience, { shedding: { maxDelay: 100 }, policies: { slow: { timeout: 60_000 } } })
expectTypeOf(app.resilience).toEqualTypeOf<Resilience>()
expectTypeOf<FastifyInstance['resilience']>().toEqualTypeOf<Resilience>()
const http2 = Fastify({ http2: true })
expectTypeOf(http2.resilience).toEqualTypeOf<Resilience>()

app.get('/a', { config: { priority: 'low', own: 5 } }, async (request) => {
  expectTypeOf(request.deadline).toEqualTypeOf<RequestDeadline>()
  expectTypeOf(request.degraded).toEqualTypeOf<readonly string[] | null>()
  expectTypeOf(request.server.resilience).toEqualTypeOf<Resilience>()
  return request.deadline.remaining()
})
// @ts-expect-error misspelt
app.get('/b', { config: { priority: 'hihg' } }, async () => 1)
// @ts-expect-error misspelt
app.route({ method: 'GET', url: '/c', config: { priority: 'hihg' }, handler: async () => 1 })
// @ts-expect-error misspelt
void app.register(resilience, { sheding: true })
// @ts-expect-error a number is no policy
void app.register(resilience, { policies: { slow: 5 } })
// @ts-expect-error nothing of that name
app.resilience.nothing()
