import './parts.ts'
import { NodeSDK } from '@opentelemetry/sdk-node'
import Fastify from 'fastify'
import { seaworthy, serverOptions } from '../src/index.ts'
import t from 'tap'
import { startIntake, until } from '@seaworthy/testing'

interface Span {
  name: string
  attributes: Record<string, unknown>
  status: { code: number }
  parentSpanContext?: { spanId: string }
  spanContext(): { spanId: string }
}

process.env.OTEL_METRICS_EXPORTER = 'none'
process.env.OTEL_LOGS_EXPORTER = 'none'
const spans: Span[] = []
const processor = {
  onStart: () => undefined,
  onEnd: (span: unknown) => void spans.push(span as Span),
  forceFlush: async () => undefined,
  shutdown: async () => undefined
}
const sdk = new NodeSDK({ spanProcessors: [processor], instrumentations: [] })
sdk.start()
t.teardown(async () => sdk.shutdown())

t.test('the attempts of a breaker and health checks are spans, and services continue them', async (t) => {
  const statuses = [503, 200]
  const upstream = await startIntake(t, () => ({ status: statuses.shift() ?? 200 }))
  const options = { observability: { logger: false as const }, health: { checks: { database: () => false } } }
  const app = Fastify(serverOptions(options))
  t.teardown(async () => app.close())
  await app.register(seaworthy, options)
  app.get('/', async (request) => {
    await app.resilience.fetch(request, upstream.url)
    return 'ok'
  })
  await app.inject('/')
  await until('the span of the request', () => spans.some(({ name }) => name === 'GET /'))
  const root = spans.find(({ name }) => name === 'GET /')!
  const attempts = spans.filter(({ name }) => name.startsWith('breaker '))
  t.match(attempts, [
    { attributes: { 'breaker.attempt': 1, 'breaker.probe': false }, status: { code: 2 } },
    { attributes: { 'breaker.attempt': 2 }, status: { code: 0 } }
  ])
  for (const [index, attempt] of attempts.entries()) {
    t.equal(attempt.parentSpanContext?.spanId, root.spanContext().spanId)
    const call = spans.find(
      ({ parentSpanContext }) => parentSpanContext?.spanId === attempt.spanContext().spanId
    )
    t.match(call, { name: 'GET', attributes: { 'server.port': upstream.port } })
    t.match(upstream.requests[index]!.headers.traceparent, call!.spanContext().spanId)
  }

  await app.inject('/health/ready')
  await until('the span of the check', () => spans.some(({ name }) => name === 'health check database'))
  const check = spans.find(({ name }) => name === 'health check database')!
  t.match(check, { attributes: { 'health.check.name': 'database' }, status: { code: 2 } })
  t.equal(check.parentSpanContext, undefined)
})
