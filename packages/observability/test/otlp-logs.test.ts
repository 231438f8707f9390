// Lines that are pushed to a collector: their data model, and the logs that they come from.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import pino from 'pino'
import t from 'tap'
import { observability, observabilityServerOptions } from '@seaworthy/observability'
import { startIntake, startNode, temporaryFolder, until } from '@seaworthy/testing'
import { build, listen } from './helpers.ts'
import { attributesOf, logsOf, bodies, recordOf } from './otlp-intake.ts'

for (const protocol of ['http/json', 'http/protobuf'] as const) {
  for (const schema of ['default', 'ecs', 'otel', 'gcp'] as const) {
    t.test(`lines are pushed by the data model of logs: ${protocol}, schema ${schema}`, async (t) => {
      const collector = await startIntake(t, () => ({ body: protocol === 'http/json' ? '{}' : '' }))
      const otlp = { url: `${collector.url}/v1/logs`, headers: { 'api-key': 'key-1' }, protocol }
      const metrics = { buildInfo: { name: 'api', version: '1.2.3' } }
      const { app, requests } = await build(t, { logging: { otlp, schema }, metrics }, (app) => {
        app.get('/users/:id', async (request) => {
          request.log.warn({ count: 2, ratio: 0.5, flags: [true, { deep: null }], apiKey: 'hunter2' }, 'mine')
          request.log.error({ err: new Error('no redis://:hunter3@cache') }, 'failed')
          return 'ok'
        })
      })
      const port = await listen(app)
      const before = Date.now()
      await fetch(`http://127.0.0.1:${port}/users/7?token=hunter4`)
      await app.close()

      const [push] = collector.requests
      t.match(push, {
        method: 'POST',
        url: '/v1/logs',
        headers: {
          'content-type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
          'api-key': 'key-1'
        }
      })
      t.match(logsOf(push!).resource, {
        'service.name': 'api',
        'service.version': '1.2.3',
        'process.pid': process.pid
      })
      const mine = recordOf(collector.requests, 'mine')
      const { traceId, spanId } = mine
      t.match([traceId, mine.severityNumber, mine.severityText], [/^[0-9a-f]{32}$/, /13|WARN/, 'WARN'])
      const at = Number(BigInt(mine.timeUnixNano) / 1_000_000n)
      t.ok(at >= before && at <= Date.now(), 'its own time')
      t.ok(BigInt(mine.observedTimeUnixNano) > 1_700_000_000_000_000_000n)
      const attributes = attributesOf(mine)
      t.match(attributes, { count: 2, ratio: 0.5, flags: [true, { deep: undefined }], apiKey: '[redacted]' })
      t.notMatch(Object.keys(attributes), ['level', 'time', 'msg', 'pid', 'hostname'])

      const failed = recordOf(collector.requests, 'failed')
      t.match([failed.severityNumber, failed.severityText, failed.traceId], [/17|ERROR/, 'ERROR', traceId])
      if (schema === 'default') {
        t.match(attributesOf(failed), {
          'exception.type': 'Error',
          'exception.message': /^no redis/,
          'exception.stacktrace': /otlp-logs\.test/
        })
      }
      const completed = recordOf(collector.requests, 'request completed')
      t.equal(completed.traceId, traceId)
      if (spanId !== undefined) t.match(spanId, /^[0-9a-f]{16}$/)
      t.equal(requests().length || schema !== 'default', schema === 'default' ? 1 : true)
      t.notMatch(JSON.stringify(collector.requests.map(logsOf)), /hunter\d/)
    })
  }
}

t.test('a field of the app that is named like the time of a line does no harm to the others', async (t) => {
  const collector = await startIntake(t)
  const { app } = await build(t, { logging: { otlp: { url: collector.url } } })
  await app.ready()
  for (const time of [-5, 1e300, 9e15, '1912-06-23', 'soon', null]) app.log.info({ time }, `time ${time}`)
  app.log.info('last')
  await app.close()
  const records = collector.requests.flatMap((request) => logsOf(request).records)
  t.equal(records.filter(({ body }) => body.stringValue?.startsWith('time ')).length, 6)
  for (const { timeUnixNano } of records) t.match(timeUnixNano, /^\d{1,19}$/)
})

t.test('lines of a transport, a worker thread, are pushed too', async (t) => {
  const collector = await startIntake(t)
  const folder = temporaryFolder(t)
  const transport = { target: 'pino/file', options: { destination: `${folder}/log` } }
  const logging = { otlp: { url: collector.url } }
  const app = Fastify({ ...observabilityServerOptions({ logging, logger: { transport } }) })
  t.teardown(() => app.close())
  await app.register(observability, { logging })
  app.get('/', async () => 'ok')
  await app.inject('/')
  await app.close()
  t.ok(bodies(collector.requests).includes('request completed'))
  const written = async () => (await readFile(`${folder}/log`, 'utf8')).includes('request completed')
  await until('the line in the file', async () => written().catch(() => false))
})

t.test("an app's own pino, its levels and its message key are understood", async (t) => {
  const collector = await startIntake(t)
  const written: string[] = []
  const loggerInstance = pino(
    { messageKey: 'text', customLevels: { audit: 35 } },
    { write: (line: string) => void written.push(line) }
  )
  const app = Fastify({ ...observabilityServerOptions({ loggerInstance }) })
  t.teardown(() => app.close())
  const otlp = { url: collector.url }
  await app.register(observability, { logging: { otlp } })
  await app.ready()
  ;(app.log as unknown as { audit(text: string): void }).audit('changed')
  await app.close()
  const record = recordOf(collector.requests, 'changed')
  t.match([record.severityNumber, record.severityText], [11, 'AUDIT'])
  t.ok(written.some((line) => line.includes('changed')))
})

t.test('of two apps with one logger each line is pushed once, and the second takes over', async (t) => {
  const collector = await startIntake(t)
  const loggerInstance = pino({}, { write: () => undefined })
  const [one, two] = [0, 1].map(() => Fastify({ ...observabilityServerOptions({ loggerInstance }) }))
  for (const app of [one!, two!]) {
    await app.register(observability, { logging: { otlp: { url: collector.url } } })
    await app.ready()
  }
  one!.log.info('both')
  await one!.close()
  two!.log.info('second alone')
  await two!.close()
  const found = bodies(collector.requests)
  t.strictSame(
    ['both', 'second alone'].map((body) => found.filter((other) => other === body).length),
    [1, 1]
  )
})

t.test('details of a failed request are pushed as they are written', async (t) => {
  const collector = await startIntake(t)
  const logging = { otlp: { url: collector.url }, details: {} }
  const { app } = await build(t, { logging }, (app) => {
    app.get('/:status', async (request, reply) => {
      request.log.debug('a detail')
      return reply.code(Number((request.params as { status: string }).status)).send('ok')
    })
  })
  await app.inject('/200')
  await app.inject('/500')
  await app.close()
  const found = collector.requests.flatMap((request) => logsOf(request).records)
  const details = found.filter(({ body }) => body.stringValue === 'a detail')
  t.match(details, [{ severityNumber: 5, severityText: 'DEBUG' }])
  t.equal(details.length, 1)
})

t.test('a log that is switched off pushes nothing, one without a pino says so', async (t) => {
  const collector = await startIntake(t)
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(observability, { logging: { otlp: { url: collector.url } } })
  await app.ready()
  await app.close()
  t.equal(collector.requests.length, 0)
})

t.test('the line of a crash arrives before the process ends', async (t) => {
  const collector = await startIntake(t)
  const script = fileURLToPath(new URL('fixtures/crashing-app.ts', import.meta.url))
  const env = {
    OTEL_LOGS_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BLRP_SCHEDULE_DELAY: '60000'
  }
  const running = startNode(t, script, { env })
  t.match(await running.exit, { code: 1 })
  const fatal = collector.requests
    .flatMap((request) => logsOf(request).records)
    .find(({ body }) => body.stringValue?.includes('uncaughtException'))
  t.match(fatal, { severityNumber: 21, severityText: 'FATAL' })
  t.match(attributesOf(fatal!), { 'exception.message': 'state is corrupt' })
})
