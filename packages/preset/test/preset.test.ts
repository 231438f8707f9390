import './parts.ts'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'
import { build, jwt, keptLines } from './preset-app.ts'

t.test('without options every part is on, and the report has the reason', async (t) => {
  const { app, lines } = await build(t)
  app.get('/hello', async () => ({ hello: 'world' }))
  await app.ready()

  const { parts, missing } = app.seaworthy.report()
  t.strictSame(
    parts.filter(({ part }) => !part.includes('.')).map(({ part, state, reason }) => [part, state, reason]),
    ['observability', 'errors', 'shutdown', 'health', 'resilience', 'security', 'auth'].map((part) => [
      part,
      'on',
      'default'
    ])
  )
  t.strictSame(missing, [])
  t.equal(lines.filter(({ msg }) => String(msg).startsWith('seaworthy: on: ')).length, 1, 'one start line')

  const answer = await app.inject('/hello')
  t.equal(answer.statusCode, 200)
  t.match(answer.headers, { 'x-correlation-id': /./, 'x-content-type-options': 'nosniff' })
  t.equal((await app.inject('/health/live')).statusCode, 200)
  t.match((await app.inject('/metrics')).body, /^http_requests_total\{.*route="\/hello".*\} 1$/m)
  t.match((await app.inject('/nothing')).json(), { statusCode: 404, correlationId: /./ })
})

t.test('a part that is off leaves no header, route, decorator or metric behind', async (t) => {
  const off = {
    observability: false,
    errors: false,
    shutdown: false,
    health: false,
    resilience: false,
    security: false,
    auth: false
  }
  const { app } = await build(t, off)
  await app.ready()

  for (const name of [
    'observability',
    'shutdown',
    'health',
    'resilience',
    'security',
    'auth',
    'authenticate'
  ]) {
    t.notOk(app.hasDecorator(name), `no app.${name}`)
  }
  for (const url of ['/metrics', '/health/live']) t.equal((await app.inject(url)).statusCode, 404)
  t.notOk((await app.inject('/')).headers['x-content-type-options'])
})

t.test('two apps in one process have separate metrics and close separately', async (t) => {
  const [one, two] = [await build(t), await build(t)]
  for (const { app } of [one, two]) app.get('/', async () => 'x')
  await one.app.inject('/')
  t.match(
    (await one.app.inject('/metrics')).body,
    /http_requests_total\{[^}]*route="\/"[^}]*status_code="200"[^}]*\} 1/
  )
  t.notMatch(
    (await two.app.inject('/metrics')).body,
    /http_requests_total\{[^}]*route="\/"[^}]*status_code="200"[^}]*\} [1-9]/
  )
  await one.app.close()
  t.equal((await two.app.inject('/')).statusCode, 200)
})

t.test('an app without serverOptions works, and the report lists the missing options', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(seaworthy)
  app.get('/', async () => 'x')
  t.equal((await app.inject('/')).statusCode, 200)
  const { missing } = app.seaworthy.report()
  t.ok(missing.length > 0)
  t.match(missing.join(' '), /serverOptions/)
})

t.test('a start with pages of tools and static files writes no warning', async (t) => {
  const { app, lines } = await build(t, {
    auth: false,
    security: { validation: { onMissingSchema: 'error' } }
  })
  await app.register(swagger)
  await app.register(swaggerUi)
  await app.register(fastifyStatic, { root: join(import.meta.dirname, 'apps'), prefix: '/files/' })
  await app.ready()
  t.strictSame(
    lines.filter(({ level }) => Number(level) >= 40),
    []
  )
})

t.test('with a logger the missing constructor options of all parts are one warning', async (t) => {
  const { lines, stream } = keptLines()
  const app = Fastify({ logger: { stream } })
  t.teardown(() => app.close())
  await app.register(seaworthy, { auth: false })
  await app.listen({ port: 0 })
  const warned = lines.filter(({ level, msg }) => level === 40 && /erverOptions\(/.test(String(msg)))
  t.equal(warned.length, 1)
  for (const word of [
    /genReqId: /,
    /frameworkErrors: /,
    /return503OnClosing: /,
    /Fastify\(serverOptions\(\)\)/,
    /--options/
  ])
    t.match(warned[0]?.msg, word)
})

t.test('tokens are issued and checked, and errors of roles have the same shape', async (t) => {
  const { app } = await build(t, { auth: { jwt } })
  app.get('/me', { onRequest: [app.authenticate] }, async (request) => request.user)
  app.delete('/users/:id', { onRequest: [app.authorize('admin')] }, async () => 'gone')
  const { accessToken } = await app.auth.issueTokens({ sub: '7', roles: ['user'] })
  const headers = { authorization: `Bearer ${accessToken}` }
  t.match((await app.inject({ url: '/me', headers })).json(), { sub: '7' })
  const refused = await app.inject({ method: 'DELETE', url: '/users/1', headers })
  t.match(refused.json(), { statusCode: 403, error: 'Forbidden', correlationId: /./ })
  t.match((await app.inject('/me')).headers, { 'www-authenticate': /Bearer/ })
})

t.test(
  'the page of operators shows parts and configuration, without secrets, and only to operators',
  async (t) => {
    const { app } = await build(t, {
      auth: { jwt: { ...jwt, issuer: 'https://issuer.example', audience: 'api' } },
      security: { cors: { origin: ['https://app.example'], credentials: true }, headers: false },
      observability: { management: { port: 0, token: 'an-operators-token-of-32-characters' } }
    })
    await app.ready()
    const { management } = app.observability
    const authorization = 'Bearer an-operators-token-of-32-characters'
    const seen = await management!.inject({ url: '/status', headers: { authorization } })
    const { parts, configuration } = seen.json<{ parts: object; configuration: object }>()

    t.strictSame(parts, app.seaworthy.report())
    t.match(configuration, {
      auth: { jwt: { secret: '[redacted]', issuer: 'https://issuer.example', audience: 'api' } },
      security: { cors: { origin: ['https://app.example'], credentials: true }, headers: false },
      observability: { management: { token: '[redacted]' } }
    })
    const page = await management!.inject({ url: '/', headers: { authorization } })
    for (const text of [jwt.secret, 'an-operators-token']) {
      t.notOk(seen.body.includes(text) || page.body.includes(text), `${text} is not shown`)
    }
    t.equal((await management!.inject('/')).statusCode, 401, 'without the token nothing is shown')
    for (const url of ['/', '/status'])
      t.equal((await app.inject(url)).statusCode, 404, 'the public port has no page')
  }
)

/** With NODE_ENV=production for the time of the test. */
const inProduction = (t: Test) => inEnvironment(t, 'production')

function inEnvironment(t: Test, name: string) {
  const { NODE_ENV } = process.env
  process.env.NODE_ENV = name
  t.teardown(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  })
}

for (const [options, isPublic] of [
  [{}, true],
  [{ observability: { metrics: { path: '/m' } } }, true],
  [{ observability: { metrics: { allow: ['10.0.0.0/8'] } } }, false],
  [{ observability: { metrics: { token: 'q'.repeat(20) } } }, false],
  [{ observability: { metrics: false } }, false],
  [{ observability: { management: { port: 0 } } }, false],
  [{ observability: false }, false]
] as [SeaworthyOptions, boolean][]) {
  t.test(`metrics are ${isPublic ? '' : 'not '}called public with ${JSON.stringify(options)}`, async (t) => {
    inProduction(t)
    const { app, lines } = await build(t, options)
    await app.ready()
    const warned = lines.filter(({ level, msg }) => level === 40 && /METRICS_TOKEN/.test(String(msg)))
    t.equal(warned.length, isPublic ? 1 : 0)
  })
}

for (const [name, isPublic] of [
  ['staging', true],
  ['Production ', true],
  ['test', false],
  ['development', false],
  ['', false]
] as const) {
  t.test(`with NODE_ENV=${name} metrics are ${isPublic ? '' : 'not '}called public`, async (t) => {
    inEnvironment(t, name)
    const { app, lines } = await build(t, {})
    await app.ready()
    t.equal(lines.filter(({ msg }) => /METRICS_TOKEN/.test(String(msg))).length, isPublic ? 1 : 0)
  })
}

t.test('without a logger the missing constructor options are a warning of the process', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(seaworthy)
  await app.ready()
  const complete = Fastify({ ...serverOptions(), logger: false } as FastifyServerOptions)
  t.teardown(() => complete.close())
  await complete.register(seaworthy)
  await complete.ready()
  await new Promise((resolve) => setImmediate(resolve))
  const ours = warnings.filter(({ name }) => name === 'SeaworthyWarning')
  t.match(ours, [{ code: 'SEAWORTHY_SERVER_OPTIONS', message: /Fastify\(serverOptions\(\)\)/ }])
})

t.test('options of fastify-cli and of register reach the preset and its parts without harm', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const passed = { skipOverride: true, prefix: '/api', logLevel: 'warn' } as SeaworthyOptions
  await app.register(seaworthy, passed)
  await app.ready()
  t.ok(app.hasDecorator('seaworthy'))
})
