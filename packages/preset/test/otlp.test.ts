import './parts.ts'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startIntake, startNode, until, type Intake } from '@seaworthy/testing'

interface Push {
  resourceLogs: { scopeLogs: { logRecords: { body: { stringValue: string } }[] }[] }[]
}

/** The messages of the lines that a collector has. */
const messages = ({ requests }: Intake): string[] =>
  requests
    .filter(({ url }) => url === '/v1/logs')
    .map(({ body }) => JSON.parse(body.toString()) as Push)
    .flatMap(({ resourceLogs }) => resourceLogs)
    .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
    .map(({ body }) => body.stringValue)

async function startService(t: Test, collector: Intake) {
  const env = {
    OTEL_LOGS_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    // Nothing is pushed before the end.
    OTEL_BLRP_SCHEDULE_DELAY: '60000',
    NODE_ENV: ''
  }
  const running = startNode(t, join(import.meta.dirname, 'apps/otlp/server.js'), { env })
  const [, url = ''] = await running.waitFor(/Server listening at (http:\/\/127\.0\.0\.1:\d+)/)
  return { running, url }
}

t.test('the lines of the shutdown itself are pushed, and the last metrics', async (t) => {
  const collector = await startIntake(t)
  const { running, url } = await startService(t, collector)
  await (await fetch(url)).text()
  t.equal(collector.requests.length, 0)
  running.kill('SIGTERM')
  t.match(await running.exit, { code: 0 })
  const pushed = messages(collector)
  for (const message of [/^request completed/, /^shutdown: draining/, /^Server listening/])
    t.equal(pushed.filter((text) => message.test(text)).length, 1, String(message))
  t.ok(collector.requests.some((request) => request.url === '/v1/metrics'))
})

t.test('the line of a crash is pushed', async (t) => {
  const collector = await startIntake(t)
  const { running, url } = await startService(t, collector)
  await fetch(`${url}/crash`).catch(() => undefined)
  t.not((await running.exit).code, 0)
  t.ok(
    messages(collector).some((text) => /unhandledRejection/.test(text)),
    running.output()
  )
})

t.test('a collector that hangs costs the shutdown no more than its budget', async (t) => {
  const collector = await startIntake(t)
  collector.server.removeAllListeners('request')
  let hanging = 0
  collector.server.on('request', () => hanging++)
  const { running } = await startService(t, collector)
  running.kill('SIGTERM')
  t.equal((await running.exit).signal, null)
  await until('a push', () => hanging > 0)
  t.match(running.output(), /could not be pushed/)
})
