// The push of lines to a collector that is away, slow, full or wrong: what is sent again, and what is dropped.
import t from 'tap'
import { startIntake, until } from '@seaworthy/testing'
import { build, total } from './helpers.ts'
import { bodies } from './otlp-intake.ts'

t.test('lines wait while the collector is away, and none is lost or pushed twice', async (t) => {
  const statuses = [503, 429, 502, 504]
  const collector = await startIntake(t, () => {
    const status = statuses.shift() ?? 200
    return { status, headers: status === 429 ? { 'retry-after': '0' } : {} }
  })
  const { app, lines } = await build(t, { logging: { otlp: { url: collector.url, interval: 100 } } })
  await app.ready()
  app.log.info('first')
  await until('an accepted push', () => collector.requests.length > 4)
  app.log.info('second')
  await app.close()
  const accepted = bodies(collector.requests.slice(4))
  t.strictSame(
    ['first', 'second'].map((body) => accepted.filter((other) => other === body).length),
    [1, 1]
  )
  t.strictSame(
    bodies(collector.requests.slice(0, 1)),
    bodies(collector.requests.slice(4, 5)),
    'the same batch'
  )
  t.equal(lines().filter(({ msg }) => msg === 'first').length, 1, 'the log has it too')
})

t.test('the queue is bounded, what it could not take is counted, and the log has it', async (t) => {
  let status = 503
  const collector = await startIntake(t, () => ({ status, headers: { 'retry-after': '3600' } }))
  const otlp = { url: collector.url, interval: 100, maxQueueSize: 10, maxBatchSize: 5 }
  const { app, lines } = await build(t, { logging: { otlp } })
  await app.ready()
  for (let n = 0; n < 30; n++) app.log.info(`line ${n}`)
  await until('a warning', () => lines().some(({ msg }) => msg.includes('log lines could not be pushed')))
  t.match(
    lines().find(({ msg }) => msg.includes('could not be pushed')),
    { level: 40, err: { message: 'the collector answered 503' } }
  )
  const text = await app.observability.metrics()
  t.ok(total(text, 'otlp_log_records_dropped_total', /queue_full/) >= 20)
  t.ok(total(text, 'otlp_pushes_total', /signal="logs",outcome="error"/) >= 1)
  t.equal(lines().filter(({ msg }) => msg.startsWith('line ')).length, 30)
  t.equal(collector.requests.length, 1, 'the collector has asked for patience')
  status = 200
  await app.close()
  t.strictSame(
    bodies(collector.requests.slice(1)).filter((body) => body?.startsWith('line ')),
    Array.from({ length: 10 }, (_, n) => `line ${n}`),
    'what waits is pushed at the end, in batches'
  )
  t.match(lines().at(-1), { msg: /accepts log lines again/, lost: Number })
})

t.test('what a collector rejects is not sent again', async (t) => {
  let answer: { status?: number; body?: string } = { status: 400 }
  const collector = await startIntake(t, () => answer)
  const { app, lines } = await build(t, { logging: { otlp: { url: collector.url, interval: 100 } } })
  await app.ready()
  app.log.info('bad')
  await until('a warning', () => lines().some(({ msg }) => msg.includes('rejected log lines')))
  answer = { body: '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}' }
  const before = collector.requests.length
  app.log.info('next')
  await until('a push', () => collector.requests.length > before)
  answer = {}
  await app.close()
  t.equal(bodies(collector.requests).filter((body) => body === 'bad').length, 1)
  const text = await app.observability.metrics()
  t.ok(total(text, 'otlp_log_records_dropped_total', /rejected/) >= 3)
})

t.test('a redirect is not followed: it could take the key to another host', async (t) => {
  const other = await startIntake(t)
  const collector = await startIntake(t, () => ({ status: 307, headers: { location: other.url } }))
  const otlp = { url: collector.url, interval: 100, headers: { 'api-key': 'hunter2' } }
  const { app, lines, text } = await build(t, {
    logging: { otlp },
    metrics: { otlp: { ...otlp, interval: 1000 } }
  })
  await app.ready()
  app.log.info('a line')
  await until('a warning', () => lines().some(({ msg }) => msg.includes('rejected log lines')))
  await app.close()
  t.equal(other.requests.length, 0)
  t.notMatch(text(), 'hunter2')
})

t.test('a collector that hangs does not keep the app from closing', async (t) => {
  const collector = await startIntake(t)
  collector.server.removeAllListeners('request')
  const { app } = await build(t, { logging: { otlp: { url: collector.url, timeout: 100 } } })
  await app.ready()
  app.log.info('a line')
  await app.close()
  const text = await app.observability.metrics()
  t.ok(total(text, 'otlp_log_records_dropped_total', /closed/) >= 1)
})

t.test(
  'a full batch does not wait for the interval, and is no part of the request that has filled it',
  async (t) => {
    const collector = await startIntake(t)
    const otlp = { url: collector.url, interval: 60_000, maxBatchSize: 3, compression: 'gzip' as const }
    const { app } = await build(t, { logging: { otlp }, correlation: { context: true } }, (app) => {
      app.get('/', async (request) => {
        for (const name of ['a', 'b', 'c']) request.log.info(name)
        return 'ok'
      })
    })
    await app.inject('/')
    await until('a push', () => collector.requests.length > 0)
    const [push] = collector.requests
    t.match(push!.headers, { 'content-encoding': 'gzip' })
    t.notMatch(push!.headers, { traceparent: String })
    t.ok(bodies([push!]).length <= 3)
  }
)

for (const protocol of ['http/json', 'http/protobuf'] as const) {
  t.test(`a large batch is one push, in the order of the log: ${protocol}`, async (t) => {
    const collector = await startIntake(t, () => ({ body: '' }))
    const otlp = { url: collector.url, interval: 60_000, maxBatchSize: 1000, protocol }
    const { app } = await build(t, { logging: { otlp } })
    await app.ready()
    const expected = Array.from({ length: 300 }, (_, n) => `line ${n}`)
    for (const line of expected) app.log.info({ metrics: ['"logRecords":['] }, line)
    await app.close()
    t.strictSame(
      bodies(collector.requests.slice(0, 1)).filter((body) => body?.startsWith('line ')),
      expected
    )
  })
}
