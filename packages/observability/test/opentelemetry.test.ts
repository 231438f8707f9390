import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { startIntake, startNode, temporaryFolder } from '@seaworthy/testing'
import { attributesOf, logsOf, metricsOf, spansOf } from './otlp-intake.ts'

const folder = join(import.meta.dirname, '..')
const { resolve } = createRequire(import.meta.url)

t.test(
  'the SDK alone, by one flag: spans, logs and metrics of a request meet in the collector',
  async (t) => {
    const collector = await startIntake(t, () => ({ body: '' }))
    const cwd = temporaryFolder(t)
    writeFileSync(join(cwd, 'package.json'), '{ "name": "orders" }')
    mkdirSync(join(cwd, 'node_modules/@opentelemetry'), { recursive: true })
    const sdk = dirname(dirname(realpathSync(resolve('@opentelemetry/sdk-node'))))
    symlinkSync(sdk, join(cwd, 'node_modules/@opentelemetry/sdk-node'), 'junction')

    const preload = pathToFileURL(join(folder, 'src/apm.ts')).href
    const service = startNode(t, join(import.meta.dirname, 'fixtures/otlp-app.ts'), {
      nodeArgs: ['--import', preload],
      cwd,
      env: {
        OTEL_SERVICE_NAME: 'orders',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none'
      }
    })
    const [, url = ''] = await service.waitFor(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
    await (await fetch(`${url}/users/7`)).text()
    service.kill('SIGTERM')
    t.equal((await service.exit).code, 0, service.output())

    const to = (path: string) => collector.requests.filter((request) => request.url === path)
    const spans = to('/v1/traces').flatMap(spansOf)
    t.match(spans, [{ name: 'GET /users/:id' }], service.output())
    t.equal(spans.length, 1)
    const logs = to('/v1/logs').map(logsOf)
    const line = logs
      .flatMap(({ records }) => records)
      .find(({ body }) => body.stringValue === 'request completed')!
    t.match(line, { traceId: spans[0]!.traceId, spanId: spans[0]!.spanId })
    const [metrics] = to('/v1/metrics').map(metricsOf)
    const duration = metrics!.metrics.get('http.server.request.duration')!
    t.match(attributesOf(duration.histogram!.dataPoints[0]!), { 'http.route': '/users/:id' })
    for (const { resource } of [...logs, metrics!]) t.equal(resource['service.name'], 'orders')
  }
)
