import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { unzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { requires, startIntake, startNode, temporaryFolder, until } from '@seaworthy/testing'

const folder = join(import.meta.dirname, '..')
const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)
const preload = ['--import', '@seaworthy/observability/apm']

/** Starts the service with an agent, sends requests and ends it at once: the intake must have them. */
async function endAfterRequests(t: Test, env: Record<string, string>, ready: () => unknown = () => true) {
  const service = startNode(t, fixture('apm-app.ts'), { nodeArgs: preload, env, cwd: folder })
  const [, url = ''] = await service.waitFor(/listening at (http:\/\/127\.0\.0\.1:\d+)/, 60_000)
  await until('the agent to be connected', ready)
  await fetch(`${url}/users/7`)
  await fetch(`${url}/boom`)
  service.kill('SIGTERM')
  const { code } = await service.exit
  t.equal(code, 0, service.output())
  t.notMatch(service.output(), /no agent was loaded|will not see|dd-trace is unknown/)
  return service
}

/** Bodies as text: agents pack them in different ways. */
const text = (requests: { body: Buffer }[]): string =>
  requests
    .map(({ body }) => {
      try {
        return unzipSync(body).toString('latin1')
      } catch {
        return body.toString('latin1')
      }
    })
    .join('\n')

t.test('OpenTelemetry: the last request and the last error arrive', async (t) => {
  const intake = await startIntake(t)
  await endAfterRequests(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: intake.url,
    OTEL_SERVICE_NAME: 'api',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none'
  })
  const got = text(intake.requests.filter(({ url }) => url === '/v1/traces'))
  t.match(got, /\/users\/:id|\/users\/7/)
  t.match(got, /last-error/)
})

t.test('Datadog: the last request and the last error arrive', async (t) => {
  const intake = await startIntake(t)
  const env = {
    DD_TRACE_AGENT_URL: intake.url,
    DD_SERVICE: 'api',
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    DD_LOGS_INJECTION: 'true'
  }
  const service = await endAfterRequests(t, env)
  const lines = service.logs().filter(({ msg }) => msg === 'request completed')
  t.match(
    lines,
    [{ dd: { trace_id: /\w/ } }, { dd: { trace_id: /\w/ } }],
    'its ids are in the lines of requests'
  )
  const got = text(intake.requests.filter(({ url }) => url.includes('/traces')))
  t.match(got, /\/users\/:id|\/users\/7/)
  t.match(got, /last-error/)
})

t.test('Elastic: the last request and the last error arrive', async (t) => {
  const intake = await startIntake(t, () => ({ body: '{"version":"8.15.0"}' }))
  await endAfterRequests(t, {
    ELASTIC_APM_SERVER_URL: intake.url,
    ELASTIC_APM_SERVICE_NAME: 'api',
    ELASTIC_APM_CENTRAL_CONFIG: 'false',
    ELASTIC_APM_CLOUD_PROVIDER: 'none'
  })
  const got = text(intake.requests.filter(({ url }) => url.startsWith('/intake')))
  t.match(got, /GET \/users\/:id/)
  t.match(got, /last-error/)
})

requires(['openssl'], 'New Relic: the last request and the last error arrive', async (t) => {
  const scratch = temporaryFolder(t)
  const [key, cert] = [join(scratch, 'key.pem'), join(scratch, 'cert.pem')]
  const made = spawnSync('openssl', [
    ...'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1'.split(
      ' '
    ),
    '-keyout',
    key,
    '-out',
    cert
  ])
  t.equal(made.status, 0)

  const got: { method: string; body: Buffer }[] = []
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const method = new URL(request.url ?? '', 'https://a').searchParams.get('method') ?? ''
      got.push({ method, body: Buffer.concat(chunks) })
      const { port } = server.address() as AddressInfo
      const values: Record<string, unknown> = {
        preconnect: { redirect_host: `127.0.0.1:${port}` },
        connect: {
          agent_run_id: '1',
          request_headers_map: {},
          event_harvest_config: {
            report_period_ms: 60_000,
            harvest_limits: {
              error_event_data: 100,
              analytic_event_data: 100,
              span_event_data: 100,
              log_event_data: 100
            }
          }
        }
      }
      response.end(JSON.stringify({ return_value: values[method] ?? null }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await endAfterRequests(
    t,
    {
      NEW_RELIC_LICENSE_KEY: '0123456789012345678901234567890123456789',
      NEW_RELIC_APP_NAME: 'api',
      NEW_RELIC_HOST: '127.0.0.1',
      NEW_RELIC_PORT: `${(server.address() as AddressInfo).port}`,
      NEW_RELIC_NO_CONFIG_FILE: 'true',
      NEW_RELIC_LOG: 'stderr',
      NEW_RELIC_LOG_LEVEL: 'warn',
      NEW_RELIC_UTILIZATION_DETECT_AWS: 'false',
      NEW_RELIC_UTILIZATION_DETECT_AZURE: 'false',
      NEW_RELIC_UTILIZATION_DETECT_GCP: 'false',
      NEW_RELIC_UTILIZATION_DETECT_PCF: 'false',
      NODE_EXTRA_CA_CERTS: cert
    },
    () => got.some(({ method }) => method === 'agent_settings')
  )
  t.match(text(got), /GET\/\/users\/:id|\/users\/:id/)
  t.match(text(got), /last-error/)
  const forwarded = text(got.filter(({ method }) => method === 'log_event_data'))
  t.match(forwarded, /request completed/, 'it forwards the lines of requests')
})

t.test('without a vendor in the environment nothing is loaded', async (t) => {
  const service = startNode(t, fixture('apm-app.ts'), {
    nodeArgs: preload,
    cwd: folder,
    env: { NODE_DEBUG: 'module' }
  })
  await service.waitFor(/listening at/)
  service.kill('SIGTERM')
  t.equal((await service.exit).code, 0)
  t.notMatch(service.output(), /newrelic|dd-trace|elastic-apm-node|opentelemetry[\\/](?!api)/)
})

t.test('an agent that is named but not preloaded is one warning with the command', async (t) => {
  const service = startNode(t, fixture('apm-app.ts'), {
    cwd: folder,
    env: { ELASTIC_APM_SERVER_URL: 'http://127.0.0.1:1' }
  })
  await service.waitFor(/listening at/)
  const warnings = service.logs().filter(({ msg }) => /no agent was loaded/.test(msg as string))
  t.match(warnings, [
    {
      level: 40,
      msg: /; start with node --import @seaworthy\/observability\/apm test\/fixtures\/apm-app\.ts$/
    }
  ])
  t.equal(warnings.length, 1)
})

t.test('the command names the preload of the preset where the app can load it', async (t) => {
  const cwd = temporaryFolder(t)
  const preset = join(cwd, 'node_modules/fastify-seaworthy')
  mkdirSync(preset, { recursive: true })
  writeFileSync(join(cwd, 'package.json'), '{}')
  writeFileSync(join(preset, 'package.json'), '{ "exports": { "./apm": "./apm.js" } }')
  writeFileSync(join(preset, 'apm.js'), '')
  const env = { ELASTIC_APM_SERVER_URL: 'http://127.0.0.1:1' }
  const service = startNode(t, fixture('apm-app.ts'), { cwd, env })
  await service.waitFor(/listening at/)
  t.match(service.output(), /; start with node --import fastify-seaworthy\/apm /)
})

t.test('a preload after Fastify is one warning with the command', async (t) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }
  const service = startNode(t, fixture('apm-late.ts'), { cwd: folder, env })
  await service.exit
  t.match(
    service.output(),
    /SEAWORTHY_APM_LATE.*loaded after Fastify.*node --import @seaworthy\/observability\/apm/
  )
})

t.test('two vendors at once stop the start', async (t) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', DD_SERVICE: 'api' }
  const service = startNode(t, fixture('apm-app.ts'), { nodeArgs: preload, cwd: folder, env })
  t.not((await service.exit).code, 0)
  t.match(service.output(), /several agents \(datadog, opentelemetry\): set SEAWORTHY_APM/)
})

t.test('variables of two vendors are one warning where the app starts its agents itself', async (t) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', DD_SERVICE: 'api' }
  const service = startNode(t, fixture('apm-app.ts'), { cwd: folder, env })
  await service.waitFor(/listening at/)
  t.match(
    service.output(),
    /names several agents \(datadog, opentelemetry\), and none was loaded .*; set SEAWORTHY_APM to one of them, or to none, and start with node/
  )
})
