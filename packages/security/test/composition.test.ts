import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { lifecyclePort, meterPort, provide, type Lifecycle, type Meter } from '@seaworthy/contract'
import { cors, headers, rateLimit, security, securityServerOptions, validation } from '../src/index.ts'
import { fakeMeter } from './fake-meter.ts'
import { createApp, ok, statuses } from './helpers.ts'

const create = (t: Test): FastifyInstance => createApp(t, securityServerOptions())

t.test('each plugin works alone', async (t) => {
  const fromOrigin = { url: '/', headers: { origin: 'https://a.com' } }
  const plugins: {
    name: string
    register: (app: FastifyInstance) => unknown
    read: (app: FastifyInstance) => Promise<unknown>
    expected: unknown
    /** Its member of `app.security`. */
    member?: string
  }[] = [
    {
      name: 'headers',
      register: (app) => app.register(headers),
      read: async (app) => (await app.inject('/')).headers['x-frame-options'],
      expected: 'DENY',
      member: 'headers'
    },
    {
      name: 'cors',
      register: (app) => app.register(cors, { origin: 'https://a.com' }),
      read: async (app) => (await app.inject(fromOrigin)).headers['access-control-allow-origin'],
      expected: 'https://a.com'
    },
    {
      name: 'rateLimit',
      register: (app) => app.register(rateLimit, { max: 0 }),
      read: async (app) => (await app.inject('/')).statusCode,
      expected: 429,
      member: 'limits'
    },
    {
      name: 'validation',
      register: (app) => app.register(validation, { maxKeys: 1 }),
      read: async (app) => (await app.inject('/?a=1&b=2')).statusCode,
      expected: 413,
      member: 'boundaries'
    }
  ]
  for (const { name, register, read, expected, member } of plugins) {
    const app = create(t)
    await register(app)
    app.get('/', ok)
    t.equal(await read(app), expected, name)
    if (member) t.ok(member in app.security, `${name} sets app.security.${member}`)
  }
})

t.test('the plugins work in any order of registration', async (t) => {
  const app = create(t)
  await app.register(validation)
  await app.register(rateLimit, { max: 1 })
  await app.register(cors, { origin: 'https://a.com' })
  await app.register(headers)
  app.get('/', ok)
  t.same(await statuses(app, 2), [200, 429])
  t.same(Object.keys(app.security).toSorted(), ['boundaries', 'headers', 'limits', 'store'])
})

t.test('metrics are created whether the meter is registered before or after', async (t) => {
  for (const order of ['before', 'after']) {
    const app = create(t)
    const { meter, names } = fakeMeter()
    if (order === 'before') provideNeighbours(app, meter)
    await app.register(security)
    if (order === 'after') provideNeighbours(app, meter)
    await app.ready()
    t.same(
      names,
      ['rate_limit_requests_total', 'rate_limit_store_errors_total', 'rate_limit_store_up'],
      order
    )
  }
})

function provideNeighbours(app: FastifyInstance, meter: Meter) {
  provide(app, meterPort, meter)
  provide<Lifecycle>(app, lifecyclePort, { state: 'running', onDrain() {}, onShutdown() {}, onFlush() {} })
}

t.test('an error handler of the app receives rejections, and their headers stay', async (t) => {
  const app = create(t)
  app.setErrorHandler<{ code: string; statusCode: number }>((error, _request, reply) =>
    reply.code(error.statusCode).send({ mine: error.code })
  )
  await app.register(security, { rateLimit: { max: 0 } })
  const response = await app.inject('/')
  t.match(response, { statusCode: 429, headers: { 'retry-after': '60', 'x-frame-options': 'DENY' } })
  t.same(response.json(), { mine: 'RATE_LIMITED' })
})

t.test('two apps in a process share nothing, and one app may register it in two scopes', async (t) => {
  const [one, two] = [create(t), create(t)]
  await one.register(security, { rateLimit: { max: 1 } })
  await two.register(security, { headers: { profile: 'html' }, rateLimit: { max: 2 } })
  for (const app of [one, two]) app.get('/', ok)
  const codes = []
  for (const app of [one, two, one, two]) codes.push(...(await statuses(app, 1)))
  t.same(codes, [200, 200, 429, 200])
  t.notSame(
    (await one.inject('/')).headers['content-security-policy'],
    (await two.inject('/')).headers['content-security-policy']
  )

  const scoped = createApp(t)
  for (const max of [1, 2]) {
    await scoped.register(
      async (scope) => {
        await scope.register(security, { rateLimit: { max } })
        scope.get('/', ok)
      },
      { prefix: `/${max}` }
    )
  }
  t.same(await statuses(scoped, 2, '/1'), [200, 429])
  t.same(await statuses(scoped, 3, '/2'), [200, 200, 429])
})

t.test('redirects, empty responses and headers of a handler stay as they are', async (t) => {
  const app = create(t)
  await app.register(security)
  app.get('/moved', (_request, reply) => reply.redirect('/elsewhere'))
  app.get('/empty', (_request, reply) => reply.code(204).send())
  app.get('/own', (_request, reply) => reply.header('x-frame-options', 'SAMEORIGIN').send('ok'))
  t.match(await app.inject('/moved'), { statusCode: 302, headers: { 'x-frame-options': 'DENY' } })
  t.match(await app.inject('/empty'), { statusCode: 204, body: '' })
  t.equal((await app.inject('/own')).headers['x-frame-options'], 'SAMEORIGIN')
})

t.test('the source imports only packages that are declared', async (t) => {
  const folder = join(import.meta.dirname, '..')
  t.ok(existsSync(join(folder, 'src/index.ts')))
  const { dependencies, peerDependencies } = (await import('../package.json', { with: { type: 'json' } }))
    .default
  const declared = new Set([
    ...Object.keys(dependencies),
    ...Object.keys(peerDependencies),
    // Inlined into the build.
    '@seaworthy/contract',
    '@seaworthy/internal'
  ])
  const lines = execFileSync(
    'grep',
    ['-rhoE', String.raw`(from|import\() ?'[^.'][^']*'`, join(folder, 'src')],
    { encoding: 'utf8' }
  )
  const imported = new Set(
    [...lines.matchAll(/'([^']+)'/g)].map(([, name = '']) => name).filter((name) => !name.startsWith('node:'))
  )
  t.same(
    [...imported].filter((name) => !declared.has(name)),
    []
  )
})
