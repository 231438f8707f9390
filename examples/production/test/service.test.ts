import { spawnSync } from 'node:child_process'
import {
  commandPath,
  requires,
  startIntake,
  startLoad,
  startPostgres,
  startPrometheus,
  startRedis,
  until
} from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { managementToken, sharedDatabase, startProcess, startService, type Service } from './service.ts'

/** The behaviour of the service with each kind of database and Redis. */
async function holds(t: Test, service: Service) {
  const { id, email, token } = await service.user()

  t.match(await service.call('/profile', { token }), { status: 200, body: { id, email, roles: ['user'] } })

  const anonymous = await service.call('/profile')
  t.equal(anonymous.status, 401)
  t.match(anonymous.headers.get('www-authenticate'), /^Bearer/)
  t.match(anonymous.body, { statusCode: 401, code: /./, correlationId: /./ })

  const refused = await service.call(`/users/${id}`, { method: 'DELETE', token })
  t.match(refused, { status: 403, body: { statusCode: 403, error: 'Forbidden' } })

  const admin = await service.adminToken()
  t.equal((await service.call(`/users/${id}`, { method: 'DELETE', token: admin })).status, 204)
  t.match(await service.call('/profile', { token }), { status: 404, body: { message: 'User not found' } })

  const wrong = await service.call('/users', {
    body: { email: 'x', name: '', password: 'short', admin: true }
  })
  t.equal(wrong.status, 400)
  t.notMatch(JSON.stringify(wrong.body), /schemaPath|short/)
}

t.test('log in, read the profile, be refused, on the embedded database', async (t) => {
  const service = await startService(t)
  await holds(t, service)

  t.match(await service.call('/health/ready'), {
    status: 200,
    body: { status: 'ready', checks: { database: true } }
  })
  t.match(await service.call('/recommendations', { token: (await service.user()).token }), {
    status: 200,
    body: { degraded: false }
  })
})

requires(['redis-server', 'postgres'], 'the same on a real PostgreSQL and Redis', async (t) => {
  const [postgres, redis] = await Promise.all([startPostgres(t), startRedis(t)])
  const service = await startService(t, {
    DB_HOST: '127.0.0.1',
    DB_PORT: String(postgres.port),
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(redis.port)
  })
  await holds(t, service)
  t.match((await service.call('/health/ready')).body, {
    status: 'ready',
    checks: { database: true, redis: true }
  })

  await t.test('without its database it is not ready, but alive; with it again, ready', async (t) => {
    await postgres.kill()
    await until('readiness to fail', async () => (await service.call('/health/ready')).status === 503)
    t.equal((await service.call('/health/live')).status, 200)
    await postgres.restart()
    await until('readiness to return', async () => (await service.call('/health/ready')).status === 200)
  })

  await t.test('without Redis it goes on: limits are kept in memory', async (t) => {
    const { token } = await service.user()
    await redis.kill()
    t.equal((await service.call('/profile', { token })).status, 200)
    t.equal((await service.call('/health/ready')).status, 200)
  })
})

const database = await sharedDatabase(t)

t.test('too many logins from one address are refused, with the seconds to wait', async (t) => {
  const service = await startService(t, database)
  const statuses: number[] = []
  for (let i = 0; i < 12; i++) {
    const { status, headers } = await service.call('/login', {
      body: { email: 'a@example.com', password: 'b' }
    })
    statuses.push(status)
    if (status === 429) t.match(headers.get('retry-after'), /^\d+$/)
  }
  t.ok(statuses.includes(401), 'wrong passwords are refused')
  t.equal(statuses.at(-1), 429, 'and then not even tried')
})

t.test('recommendations degrade while their service is down, and the breaker opens', async (t) => {
  const upstream = await startIntake(t, () => ({ status: 500 }))
  const service = await startService(t, {
    ...database,
    RECOMMENDATIONS_URL: upstream.url,
    DIRECTORY_URL: upstream.url
  })
  const { token } = await service.user()

  const first = await service.call('/recommendations', { token })
  t.match(first, { status: 200, body: { degraded: true, recommendations: ['welcome-tour', 'most-read'] } })
  t.equal(first.headers.get('cache-control'), 'no-store')
  for (let i = 0; i < 30; i++) await service.call('/recommendations', { token })
  const calls = upstream.requests.length
  await service.call('/recommendations', { token })
  t.equal(upstream.requests.length, calls, 'the open breaker makes no call')
  t.match(await service.metrics(), /breaker_state\{breaker="recommendations",state="open"\} 1/)

  const directory = await service.call('/directory/7', { token })
  t.ok([502, 503].includes(directory.status), `says so where there is no fallback: ${directory.status}`)
})

t.test('every request is one line and one count, with the same id', async (t) => {
  const service = await startService(t, database)
  const { token } = await service.user()
  await service.call('/profile', { token, headers: { 'x-correlation-id': 'find-me' } })
  const line = await until('the line', () =>
    service.process.logs().find(({ correlationId }) => correlationId === 'find-me')
  )
  t.match(line, {
    msg: 'request completed',
    route: '/profile',
    method: 'GET',
    statusCode: 200,
    duration: Number
  })
  t.match(await service.metrics(), /http_requests_total\{[^}]*route="\/profile"[^}]*\} 1/)
  t.notMatch(service.process.output(), token)
  t.equal((await service.call('/metrics')).status, 404, 'no metrics on the public port')
})

requires(
  ['promtool', 'prometheus'],
  'a real Prometheus scrapes it, and promtool has nothing to say',
  async (t) => {
    const service = await startService(t, database)
    await service.user()
    const { host } = new URL(service.management)
    const prometheus = await startPrometheus(t, [host], {
      scrape: `authorization: { credentials: ${managementToken} }`
    })
    const query = `http://127.0.0.1:${prometheus.port}/api/v1/query?query=http_requests_total`
    await until('a scraped series', async () => {
      const { data } = (await (await fetch(query)).json()) as { data: { result: unknown[] } }
      return data.result.length > 0
    })
    const checked = spawnSync(commandPath('promtool')!, ['check', 'metrics'], {
      input: await service.metrics(),
      encoding: 'utf8'
    })
    t.strictSame([checked.status, checked.stdout, checked.stderr], [0, '', ''])
  }
)

requires(['postgres'], 'an error reaches Sentry once, a refused request never', async (t) => {
  const [postgres, intake] = await Promise.all([startPostgres(t), startIntake(t)])
  const service = await startService(t, {
    DB_HOST: '127.0.0.1',
    DB_PORT: String(postgres.port),
    SENTRY_DSN: `http://0123456789abcdef@${new URL(intake.url).host}/1`
  })
  const { token } = await service.user()
  t.equal((await service.call('/profile')).status, 401)

  await postgres.kill()
  const failed = await service.call('/profile', { token })
  t.equal(failed.status, 503)
  t.match(failed.headers.get('retry-after'), /^\d+$/)
  t.notMatch(JSON.stringify(failed.body), /ECONN|127\.0\.0\.1|postgres/)

  const id = String(failed.headers.get('x-correlation-id'))
  const events = () => intake.requests.filter(({ body }) => body.toString('utf8').includes('"exception"'))
  await until('the event', () => events().length > 0)
  service.process.kill('SIGTERM')
  await service.process.exit
  t.equal(events().length, 1)
  t.match(events()[0]?.body.toString('utf8'), new RegExp(id))
})

t.test('SIGTERM under a keep-alive load of 50 connections loses nothing, and ends with 0', async (t) => {
  // On a busy machine a balancer notices late, and its requests of that time are to be within the delay.
  const service = await startService(t, { ...database, RATE_LIMIT_MAX: '1000000', DRAIN_DELAY: '3000' })
  const { token } = await service.user()
  let routed = true
  const load = startLoad(service.port, '/profile', {
    connections: 50,
    request: { headers: { authorization: `Bearer ${token}` } },
    // As a load balancer: once readiness answers 503, it sends no further request.
    onResult: () => routed
  })
  await until('a flowing load', () => (load.result.statuses[200] ?? 0) > 200)
  service.process.kill('SIGTERM')
  await until('readiness to fail', async () => (await service.call('/health/ready')).status === 503)
  routed = false
  const { statuses, errors } = await load.stop()
  // On a busy machine fifty connections may be an overload. What it rejects was not lost by the end of the service.
  const { 200: _, 503: unavailable = 0, ...others } = statuses
  t.strictSame([others, errors], [{}, {}])
  t.match(await service.process.exit, { code: 0, signal: null })
  const rejected = service.process.logs().filter(({ code }) => code === 'OVERLOADED')
  t.equal(rejected.length, unavailable)
})

for (const [name, env, message] of [
  ['a weak secret', { JWT_SECRET: 'short' }, /JWT_SECRET must be text of at least 32 characters/],
  ['a missing secret', { JWT_SECRET: '' }, /JWT_SECRET is required/],
  ['a wrong port', { PORT: 'eighty' }, /PORT must be a whole number from 0 to 65535/],
  ['a dead database', { DB_HOST: '127.0.0.1', DB_PORT: '1' }, /PostgreSQL at 127\.0\.0\.1:1 can't be reached/]
] as const) {
  t.test(`does not start with ${name}, and says in one message what to do`, async (t) => {
    const refused = startProcess(t, env)
    t.match(await refused.exit, { code: 1 })
    t.match(refused.output(), message)
    t.notMatch(refused.output(), /\n\s+at |node:internal/, 'no stack')
  })
}

t.test('does not start on a port in use, and says so', async (t) => {
  const taken = await startIntake(t)
  const refused = startProcess(t, { ...database, PORT: String(taken.port) })
  t.match(await refused.exit, { code: 1 })
  t.match(refused.output(), /127\.0\.0\.1:\d+ is in use/)
  t.notMatch(refused.output(), /\n\s+at |node:internal/, 'no stack')
})
