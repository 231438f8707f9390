import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startIntake, startNode } from '@seaworthy/testing'
import type { ErrorContext } from '@seaworthy/observability'
import { build, listen, samples, total, type Line } from './helpers.ts'

t.test('a job has one line, its duration, its ids, and its value', async (t) => {
  const { app, lines } = await build(t)
  await app.ready()
  const before = lines().length
  const value = await app.observability.observe('mail', async ({ id, log, headers }) => {
    log.info({ to: 2 }, 'sending')
    t.match(headers(), { 'x-correlation-id': id, traceparent: /^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/ })
    const text = await app.observability.metrics()
    t.equal(samples(text).get('jobs_running{job="mail"}'), 1)
    return id
  })
  const [serviceLine, end, ...others] = lines().slice(before)
  t.strictSame(others, [])
  t.match(serviceLine, { msg: 'sending', job: 'mail', correlationId: value, to: 2 })
  t.match(end, {
    level: 30,
    msg: 'job completed',
    job: 'mail',
    duration: Number,
    traceId: serviceLine!.traceId
  })
  t.equal(serviceLine!.correlationId!.replaceAll('-', ''), serviceLine!.traceId)

  t.equal(await app.observability.observe('mail', () => 'synchronous'), 'synchronous')
  const text = await app.observability.metrics()
  t.equal(total(text, 'job_duration_seconds_count', /job="mail",outcome="success"/), 2)
  t.equal(samples(text).get('jobs_running{job="mail"}'), 0)
})

t.test('a job that fails is logged, counted, reported, and still fails', async (t) => {
  const seen: [unknown, ErrorContext][] = []
  const sink = (error: unknown, context: ErrorContext) => void seen.push([error, context])
  const { app, lines } = await build(t, { errorTracking: { sink } })
  const error = new Error('no redis://:hunter2@cache')
  for (const work of [
    async () => Promise.reject(error),
    () => {
      throw new Error('at once')
    }
  ]) {
    await t.rejects(app.observability.observe('import', work), { message: /redis|at once/ })
  }
  const failed = lines().filter(({ msg }) => msg === 'job failed')
  t.match(failed, [
    { level: 50, job: 'import', err: { message: /no redis/, stack: String } },
    { level: 50, err: { message: 'at once' } }
  ])
  t.notMatch(JSON.stringify(failed), 'hunter2')
  t.match(seen[0]![1], { source: 'job "import"', correlationId: failed[0]!.correlationId })
  t.equal(seen.length, 2)
  const text = await app.observability.metrics()
  t.equal(total(text, 'job_duration_seconds_count', /job="import",outcome="error"/), 2)
  t.equal(samples(text).get('jobs_running{job="import"}'), 0)
})

t.test('a job goes on with the ids of its message, or of what has started it', async (t) => {
  const upstream = await startIntake(t)
  const traceId = 'a'.repeat(32)
  const { app, requests } = await build(t, { correlation: { context: true } }, (app) => {
    app.get('/', async () => app.observability.observe('inner', async ({ id }) => id))
  })
  const port = await listen(app)
  const message = { 'x-correlation-id': 'order-7', traceparent: `00-${traceId}-${'b'.repeat(16)}-01` }
  const id = await app.observability.observe(
    'order',
    async (job) => {
      await fetch(upstream.url)
      return app.observability.observe('part', (part) => [job.id, part.id])
    },
    { headers: message }
  )
  t.strictSame(id, ['order-7', 'order-7'])
  const { headers } = upstream.requests[0]!
  t.match(headers, { 'x-correlation-id': 'order-7', traceparent: new RegExp(`^00-${traceId}-(?!b{16})`) })

  const inner = await (await fetch(`http://127.0.0.1:${port}/`)).text()
  t.equal(inner, requests().at(-1)!.correlationId)

  const forged = { 'x-correlation-id': 'two words', traceparent: '00-0-0-0' }
  t.match(await app.observability.observe('forged', (job) => job.id, { headers: forged }), /^[0-9a-f-]{36}$/)
})

t.test('a job has the names of the schema of its log', async (t) => {
  const { app, lines } = await build(t, { logging: { schema: 'ecs' }, metrics: false })
  await app.observability.observe('mail', () => undefined)
  t.match(lines().at(-1), {
    message: 'job completed',
    'event.action': 'mail',
    'event.duration': Number,
    'event.outcome': 'success',
    'http.request.id': String
  })
})

t.test('a job is a span of the OpenTelemetry SDK that is active', async (t) => {
  const service = startNode(t, fileURLToPath(new URL('fixtures/otel-jobs.ts', import.meta.url)))
  t.equal((await service.exit).code, 0, service.output())
  const logs = service.logs() as unknown as Line[]
  const [outer, failed, continued] = ['outer', 'failed', 'continued'].map((name) =>
    logs.find(({ msg, name: span }) => msg === 'span' && span === name)
  )
  const inner = logs.find(({ msg, name }) => msg === 'span' && name === 'inner')
  t.equal(inner!.parentSpanId, outer!.spanId)
  t.equal(logs.find(({ msg, job }) => msg === 'job completed' && job === 'outer')!.traceId, outer!.traceId)
  t.match(failed, { status: 2, events: ['exception'] })
  t.match(continued, { traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) })
  const sent = logs.find(({ msg }) => msg === 'sent')
  t.match(sent!.traceparent, new RegExp(`^00-${String(outer!.traceId)}-${String(outer!.spanId)}-01$`))
})

t.test('a name and a function are needed', async (t) => {
  const { app } = await build(t)
  await t.rejects(
    app.observability.observe('', () => 1),
    { message: /"observe: name" must be a non-empty string/ }
  )
  await t.rejects(app.observability.observe('x', 1 as never), { message: /"observe: fn" must be a function/ })
})
