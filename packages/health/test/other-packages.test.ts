// Beside packages of a real service: the listener and metrics of observability, the breakers of opossum.
import Fastify from 'fastify'
import CircuitBreaker from 'opossum'
import t, { type Test } from 'tap'
import { observability } from '@seaworthy/observability'
import { breakerCheck, health } from '../src/index.ts'

const token = 'a-token-for-operators'

async function build(t: Test, order: 'before' | 'after') {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'info', stream: { write: (line: string) => lines.push(line) } } })
  t.teardown(() => app.close())
  const watch = async () => app.register(observability, { management: { port: 0, token } })
  if (order === 'before') await watch()
  await app.register(health, {
    cacheFor: 0,
    checks: { database: () => Promise.reject(new Error('no route to 10.1.2.3')), cache: () => true }
  })
  if (order === 'after') await watch()
  await app.listen({ port: 0, host: '127.0.0.1' })
  const operators = `http://127.0.0.1:${app.observability.management!.port}`
  const authorised = { headers: { authorization: `Bearer ${token}` } }
  return { app, lines, operators, authorised }
}

for (const order of ['before', 'after'] as const) {
  t.test(`with observability ${order} it, details need the operators' token`, async (t) => {
    const { app, operators, authorised } = await build(t, order)
    for (const path of ['/health', '/health/ready', '/health/maintenance']) {
      const method = path.endsWith('maintenance') ? 'PUT' : 'GET'
      for (const headers of [{}, { authorization: 'Bearer another-token' }]) {
        const denied = await fetch(operators + path, { method, headers })
        t.equal(denied.status, 401, `${method} ${path}`)
        t.notMatch(await denied.text(), /10\.1\.2\.3|database|cache/)
      }
    }
    t.equal(app.health.maintenance.current, undefined)

    const detail = await fetch(`${operators}/health`, authorised)
    t.match(await detail.json(), {
      status: 'not ready',
      checks: { database: { error: 'no route to 10.1.2.3', duration: Number }, cache: { lastPass: /Z$/ } }
    })

    const asOperator = await app.inject({ path: '/health/ready', headers: authorised.headers })
    t.strictSame(
      asOperator.json(),
      { status: 'not ready', checks: { database: false, cache: true } },
      'the token has no effect on the public listener'
    )
    t.equal((await app.inject({ path: '/health', headers: authorised.headers })).statusCode, 404)
  })

  t.test(`with observability ${order} it, checks are measured and probes are not`, async (t) => {
    const { app, lines, operators, authorised } = await build(t, order)
    for (let i = 0; i < 3; i++) await fetch(`${app.listeningOrigin}/health/ready`)
    await fetch(`${app.listeningOrigin}/health/live`)
    const metrics = await (await fetch(`${operators}/metrics`, authorised)).text()

    t.match(metrics, /^health_check_status\{[^}]*check="database"[^}]*\} 0$/m)
    t.match(metrics, /^health_check_status\{[^}]*check="cache"[^}]*\} 1$/m)
    t.match(metrics, /^health_ready(\{[^}]*\})? 0$/m)
    t.match(metrics, /^health_check_duration_seconds_count\{[^}]*check="database"[^}]*\} [1-9]/m)
    t.notMatch(
      metrics,
      /health\/(?:live|ready|:)|http_requests_total\{/,
      'probes are not counted as requests'
    )
    t.strictSame(
      lines.filter((line) => line.includes('request completed')),
      [],
      'probes are not logged'
    )
  })
}

t.test('breakers of opossum are read and never called', async (t) => {
  let works = true
  let calls = 0
  const breaker = new CircuitBreaker(
    async () => {
      calls++
      if (!works) throw new Error('down')
    },
    { name: 'users', volumeThreshold: 1, resetTimeout: 60_000 }
  )
  t.teardown(() => breaker.shutdown())
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(health, { cacheFor: 0, checks: { users: breakerCheck(breaker) } })
  const ready = async () => (await app.inject('/health/ready')).json<{ status: string }>().status

  await breaker.fire()
  t.equal(await ready(), 'ready')
  works = false
  for (let i = 0; i < 2; i++) await t.rejects(breaker.fire())
  t.ok(breaker.opened)
  t.equal(await ready(), 'not ready')
  t.strictSame(app.health.status().checks.users?.detail, { users: 'open' })
  breaker.close()
  t.equal(await ready(), 'ready')
  t.equal(calls, 3)
})
