import { provide, tracerPort } from '@seaworthy/contract'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import { health } from '../src/index.ts'

t.test('each run of a check runs in a span, and fails it by its result', async (t) => {
  const seen: { name: string; attributes: Record<string, unknown>; error: unknown }[] = []
  const tracer = fp(async (fastify) => {
    provide(fastify, tracerPort, {
      async inSpan(name, attributes, work) {
        const span = { name, attributes, error: undefined as unknown }
        seen.push(span)
        return work({ fail: (error) => void (span.error = error) })
      }
    })
  })
  const app = Fastify()
  t.teardown(() => app.close())
  const returned = new Error('returned')
  await app.register(health, {
    checks: { good: () => true, bad: () => ({ status: 'fail', error: returned }), no: () => false }
  })
  await app.register(tracer)
  const { statusCode } = await app.inject('/health/ready')
  t.equal(statusCode, 503)
  t.match(
    seen.toSorted((a, b) => a.name.localeCompare(b.name)),
    [
      { name: 'health check bad', attributes: { 'health.check.name': 'bad' }, error: Error },
      { name: 'health check good', error: undefined },
      { name: 'health check no', error: Error }
    ]
  )
})
