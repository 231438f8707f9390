import { provide, tracerPort } from '@seaworthy/contract'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import { resilience } from '../src/index.ts'
import { noRequest } from './helpers/app.ts'

interface Seen {
  name: string
  attributes: Record<string, unknown>
  failed: boolean
}

t.test('each attempt that is admitted runs in a span, and fails it with its error', async (t) => {
  const seen: Seen[] = []
  const tracer = fp(async (fastify) => {
    provide(fastify, tracerPort, {
      async inSpan(name, attributes, work) {
        const span = { name, attributes, failed: false }
        seen.push(span)
        try {
          return await work({ fail: () => undefined })
        } catch (error) {
          span.failed = true
          throw error
        }
      }
    })
  })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience, { shedding: false })
  await app.register(tracer)
  const results = [new Error('down'), 'value', new Error('down'), new Error('down'), new Error('down')]
  const users = app.resilience.breaker(
    'users',
    async () => {
      const result = results.shift()
      if (result instanceof Error) throw result
      return result
    },
    { retry: { limit: 1, delay: 1 }, volumeThreshold: 4, errorThresholdPercentage: 50 }
  )
  await app.ready()
  t.equal(await users.call(noRequest), 'value')
  t.strictSame(seen, [
    {
      name: 'breaker users',
      attributes: { 'breaker.name': 'users', 'breaker.attempt': 1, 'breaker.probe': false },
      failed: true
    },
    {
      name: 'breaker users',
      attributes: { 'breaker.name': 'users', 'breaker.attempt': 2, 'breaker.probe': false },
      failed: false
    }
  ])
  await t.rejects(users.call(noRequest))
  const before = seen.length
  await t.rejects(users.call(noRequest), { code: 'BREAKER_OPEN' })
  t.equal(seen.length, before, 'a call that the breaker rejects is no attempt')
})
