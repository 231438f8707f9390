import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { lifecyclePort, meterPort, provide, type Lifecycle, type Meter } from '@seaworthy/contract'
import { cors, headers, rateLimit, security, securityServerOptions, validation } from '../src/index.ts'

const ok = async () => 'ok'

const make = (t: Test): FastifyInstance => {
  const app = Fastify(securityServerOptions())
  t.teardown(() => app.close())
  return app
}

t.test('each part works alone', async (t) => {
  const parts: [
    string,
    (app: FastifyInstance) => unknown,
    (app: FastifyInstance) => Promise<unknown>,
    unknown
  ][] = [
    [
      'headers',
      (app) => app.register(headers),
      async (app) => (await app.inject('/')).headers['x-frame-options'],
      'DENY'
    ],
    [
      'cors',
      (app) => app.register(cors, { origin: 'https://a.com' }),
      async (app) =>
        (await app.inject({ url: '/', headers: { origin: 'https://a.com' } })).headers[
          'access-control-allow-origin'
        ],
      'https://a.com'
    ],
    [
      'rateLimit',
      (app) => app.register(rateLimit, { max: 0 }),
      async (app) => (await app.inject('/')).statusCode,
      429
    ],
    [
      'validation',
      (app) => app.register(validation, { maxKeys: 1 }),
      async (app) => (await app.inject('/?a=1&b=2')).statusCode,
      413
    ]
  ]
  for (const [name, register, look, expected] of parts) {
    const app = make(t)
    await register(app)
    app.get('/', ok)
    t.equal(await look(app), expected, name)
    const told = { headers: 'headers', rateLimit: 'limits', validation: 'boundaries' }[name]
    if (told) t.ok(told in app.security, `${name} tells ${told}`)
  }
})

t.test('the parts work in any order of registration', async (t) => {
  const app = make(t)
  await app.register(validation)
  await app.register(rateLimit, { max: 1 })
  await app.register(cors, { origin: 'https://a.com' })
  await app.register(headers)
  app.get('/', ok)
  t.equal((await app.inject('/')).statusCode, 200)
  t.equal((await app.inject('/')).statusCode, 429)
  t.same(Object.keys(app.security).toSorted(), ['boundaries', 'headers', 'limits', 'store'])
})

function neighbours(app: FastifyInstance, metrics: string[], closers: string[]) {
  const cell = { inc() {}, set() {}, dec() {}, observe() {} }
  const make = ({ name }: { name: string }) => {
    metrics.push(name)
    return { with: () => cell }
  }
  provide<Meter>(app, meterPort, { counter: make, gauge: make, histogram: make })
  provide<Lifecycle>(app, lifecyclePort, {
    state: 'running',
    onDrain() {},
    onShutdown: (name) => void closers.push(name),
    onFlush() {}
  })
}

t.test('metrics are made whether the meter comes before or after', async (t) => {
  for (const order of ['before', 'after']) {
    const app = make(t)
    const metrics: string[] = []
    if (order === 'before') neighbours(app, metrics, [])
    await app.register(security)
    if (order === 'after') neighbours(app, metrics, [])
    await app.ready()
    t.same(
      metrics,
      ['rate_limit_requests_total', 'rate_limit_store_errors_total', 'rate_limit_store_up'],
      order
    )
  }
})

t.test('an error handler of the app sees refusals, and their headers stay', async (t) => {
  const app = make(t)
  app.setErrorHandler<{ code: string; statusCode: number }>((error, _request, reply) =>
    reply.code(error.statusCode).send({ mine: error.code })
  )
  await app.register(security, { rateLimit: { max: 0 } })
  const answer = await app.inject('/')
  t.match(answer, { statusCode: 429, headers: { 'retry-after': '60', 'x-frame-options': 'DENY' } })
  t.same(answer.json(), { mine: 'RATE_LIMITED' })
})

t.test('two apps in a process share nothing, and one app may have it in two scopes', async (t) => {
  const [one, two] = [make(t), make(t)]
  await one.register(security, { rateLimit: { max: 1 } })
  await two.register(security, { headers: { profile: 'html' }, rateLimit: { max: 2 } })
  for (const app of [one, two]) app.get('/', ok)
  const found = []
  for (const app of [one, two, one, two]) found.push((await app.inject('/')).statusCode)
  t.same(found, [200, 200, 429, 200])
  t.notSame(
    (await one.inject('/')).headers['content-security-policy'],
    (await two.inject('/')).headers['content-security-policy']
  )

  const scoped = Fastify()
  t.teardown(() => scoped.close())
  for (const max of [1, 2]) {
    await scoped.register(
      async (scope) => {
        await scope.register(security, { rateLimit: { max } })
        scope.get('/', ok)
      },
      { prefix: `/${max}` }
    )
  }
  const statuses = []
  for (const url of ['/1', '/1', '/2', '/2', '/2']) statuses.push((await scoped.inject(url)).statusCode)
  t.same(statuses, [200, 429, 200, 200, 429])
})

t.test('a schema library of the app and streams, redirects and empty answers are left alone', async (t) => {
  const app = make(t)
  await app.register(security)
  app.get('/moved', (_request, reply) => reply.redirect('/elsewhere'))
  app.get('/empty', (_request, reply) => reply.code(204).send())
  app.get('/own', (_request, reply) => reply.header('x-frame-options', 'SAMEORIGIN').send('ok'))
  t.match(await app.inject('/moved'), { statusCode: 302, headers: { 'x-frame-options': 'DENY' } })
  t.match(await app.inject('/empty'), { statusCode: 204, body: '' })
  t.equal((await app.inject('/own')).headers['x-frame-options'], 'SAMEORIGIN', "a handler's word wins")
})

t.test('the source needs no package that is not declared', async (t) => {
  const folder = join(import.meta.dirname, '..')
  t.ok(existsSync(join(folder, 'src/index.ts')))
  const { dependencies, peerDependencies } = (await import('../package.json', { with: { type: 'json' } }))
    .default
  const declared = new Set([
    ...Object.keys(dependencies),
    ...Object.keys(peerDependencies),
    '@seaworthy/contract'
  ])
  const lines = execFileSync(
    'grep',
    ['-rhoE', String.raw`(from|import\() ?'[^.'][^']*'`, join(folder, 'src')],
    { encoding: 'utf8' }
  )
  const used = new Set(
    [...lines.matchAll(/'([^']+)'/g)].map(([, name = '']) => name).filter((name) => !name.startsWith('node:'))
  )
  t.same(
    [...used].filter((name) => !declared.has(name)),
    []
  )
})
