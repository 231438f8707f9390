// The dashboard and the rules of observability, asked of a real Prometheus that scrapes a real app with everything in use.
import './parts.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import { rawSocket, requires, startIntake, startPrometheus, until } from '@seaworthy/testing'
import { seaworthy, serverOptions, type SeaworthyOptions } from 'fastify-seaworthy'
import type { Test } from 'tap'
import { certificate } from './certificates.ts'

const folder = join(import.meta.dirname, '../../observability')
const read = (path: string) => readFileSync(join(folder, path), 'utf8')

/** The expressions of the panels, with the variables of Grafana filled in. */
function panelExpressions(): string[] {
  const { panels } = JSON.parse(read('dashboards/service.json')) as {
    panels: { targets?: { expr: string }[] }[]
  }
  return (
    panels
      .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
      .map((expr) => expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(?:job|route)/g, '.*'))
      // Where memory is unlimited, the limit is 0 and no line is drawn.
      .map((expr) => expr.replace(/^(process_memory_limit_bytes\S*) > 0$/, '$1'))
  )
}

/** The expressions of the alerts without their thresholds: what they compare must exist. */
const alertExpressions = (): string[] =>
  [...read('rules/alerts.yml').matchAll(/expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/g)].map(([, block, line]) =>
    (block ?? line!).replace(/ unless [^]*/, ' ').replaceAll(/(?:>|<|==) [\d.]+(?: \* [\d.]+)?/g, ' ')
  )

const recordedSeries = (): string[] =>
  [...read('rules/recording.yml').matchAll(/record: (\S+)/g)].map(([, name]) => name!)

const options: SeaworthyOptions = {
  auth: false,
  shutdown: { exit: false },
  resilience: { shedding: { concurrency: { initial: 1, min: 1, max: 1 } } },
  health: { checks: { database: () => true, mail: { check: () => false, critical: false } } },
  observability: { level: 'silent' }
}

function addRoutes(app: FastifyInstance, upstream: string): void {
  const breaker = app.resilience.breaker('users', async () => Promise.reject(new Error('down')), {
    volumeThreshold: 1
  })
  app.get('/', async () => 'ok')
  app.get('/boom', async () => Promise.reject(new Error('boom')))
  app.get('/slow', async () => new Promise((resolve) => setTimeout(resolve, 200, 'slow')))
  app.get('/out', async () => (await fetch(`${upstream}/500`)).text())
  app.get('/breaker', { config: { priority: 'critical' } }, (request) => breaker.call(request))
}

/** Requests of each kind that a panel or an alert shows. */
async function traffic(t: Parameters<typeof rawSocket>[0], port: number): Promise<void> {
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  for (const path of ['/', '/boom', '/out', '/breaker', '/health/ready']) await get(path)
  await Promise.all(['/slow', '/slow', '/slow'].map(get))
  await (
    await rawSocket(t, port, 'NONSENSE\r\n\r\n')
  ).closed
  const leaving = await rawSocket(t, port, 'GET /slow HTTP/1.1\r\nhost: a\r\n\r\n')
  await get('/')
  leaving.socket.destroy()
}

/** An app with a certificate; its metrics are at the returned port, without one. */
async function startWithCertificate(t: Test): Promise<number> {
  const secured: SeaworthyOptions = {
    auth: false,
    shutdown: { exit: false },
    tls: certificate(t, 'secured'),
    observability: { level: 'silent' }
  }
  const app = Fastify(serverOptions(secured) as object) as unknown as FastifyInstance
  await app.register(seaworthy, secured)
  await app.ready()
  const exporter = Fastify()
  exporter.get('/metrics', async () => app.observability.metrics())
  t.teardown(() => Promise.all([app.close(), exporter.close()]))
  await exporter.listen({ port: 0, host: '127.0.0.1' })
  return (exporter.server.address() as { port: number }).port
}

requires(['prometheus', 'openssl'], 'every expression of the dashboard and the rules has data', async (t) => {
  const upstream = await startIntake(t, () => ({ status: 500 }))
  const app = Fastify(serverOptions(options)) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(seaworthy, options)
  addRoutes(app, upstream.url)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  await traffic(t, port)

  const targets = [port, await startWithCertificate(t)].map((one) => `127.0.0.1:${one}`)
  const prometheus = await startPrometheus(t, targets, {
    rules: [join(folder, 'rules/recording.yml'), join(folder, 'rules/alerts.yml')]
  })
  const api = `http://127.0.0.1:${prometheus.port}/api/v1`
  const missing = async (expressions: readonly string[]) => {
    const found: string[] = []
    for (const expression of expressions) {
      const response = await fetch(`${api}/query?query=${encodeURIComponent(expression)}`)
      const { data } = (await response.json()) as { data?: { result: unknown[] } }
      if (data === undefined || data.result.length === 0) found.push(expression)
    }
    return found
  }

  const expressions = [...recordedSeries(), ...panelExpressions(), ...alertExpressions()]
  t.ok(expressions.length > 45, `${expressions.length} expressions`)
  let without = expressions
  const end = Date.now() + 60_000
  while (without.length > 0 && Date.now() < end) {
    await traffic(t, port)
    without = await missing(without)
  }
  t.strictSame(without, [])

  const rules = (await (await fetch(`${api}/rules`)).json()) as {
    data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] }
  }
  const unhealthy = rules.data.groups.flatMap(({ rules }) => rules).filter(({ health }) => health === 'err')
  t.strictSame(unhealthy, [])
  const degraded = 'ALERTS{alertname="HealthCheckDegraded",check="mail"}'
  await until('the ticket of the check', async () => (await missing([degraded])).length === 0)
  const failing = 'ALERTS{alertname="HealthCheckFails"}'
  t.strictSame(await missing([failing]), [failing], 'a check that is not critical does not page')
})
