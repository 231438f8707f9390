import { createRequire } from 'node:module'
import { join } from 'node:path'
import { symlinkSync } from 'node:fs'
import swagger from '@fastify/swagger'
import Fastify from 'fastify'
import t from 'tap'
import {
  clientErrorBrand,
  meterPort,
  onEarlyRejection,
  provide,
  earlyRejectionOptions,
  type MetricOptions
} from '@seaworthy/contract'
import { temporaryFolder } from '@seaworthy/testing'
import {
  errorResponses,
  errors,
  errorsServerOptions,
  isAppError,
  NotFoundError,
  type ErrorsOptions
} from '../src/index.ts'
import { build, countingMeter, failing } from './helpers.ts'

t.test('works without any other plugin', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(errors)
  failing(app)

  t.match((await app.inject('/fails')).json(), { statusCode: 404, message: 'User not found' })
  t.match((await app.inject('/nowhere')).json(), { code: 'ROUTE_NOT_FOUND' })
})

t.test('finds a meter that is provided before or after it', async (t) => {
  for (const order of ['before', 'after']) {
    const app = Fastify()
    t.teardown(() => app.close())
    const counts = new Map<string, number>()
    if (order === 'before') provide(app, meterPort, countingMeter(counts))
    await app.register(errors)
    if (order === 'after') provide(app, meterPort, countingMeter(counts))
    await app.inject('/nowhere')
    t.equal(counts.get('ROUTE_NOT_FOUND 404'), 1, order)
  }
})

t.test('binds each series of the metric once and bounds their number', async (t) => {
  const bound: string[][] = []
  const families: MetricOptions[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  provide(app, meterPort, countingMeter(new Map(), bound, families))
  await app.register(errors)
  let next = 0
  app.get('/', async () => {
    throw new NotFoundError('User', { code: `CODE_${next++ % 50}` })
  })
  for (let i = 0; i < 200; i++) await app.inject('/')
  for (const { maxSeries = 0 } of families) t.ok(maxSeries <= 200)
  t.equal(bound.length, 50)
})

t.test('two apps in a process share no state', async (t) => {
  const json = await build(t, {}, failing)
  const problem = await build(t, { format: 'problem', typeBase: '/p/' }, failing)

  t.match((await json.app.inject('/fails')).json(), { statusCode: 404 })
  t.match((await problem.app.inject('/fails')).json(), { type: '/p/not-found' })
  t.equal(json.counts.get('NOT_FOUND 404'), 1)
})

t.test('an error of another plugin is recognised by its brand and keeps its headers', async (t) => {
  class CircuitOpenError extends Error {
    readonly [clientErrorBrand] = true
    readonly statusCode = 503
    readonly code = 'CIRCUIT_OPEN'
    readonly headers = { 'retry-after': 7 }
    readonly expose = true
  }
  const { app } = await build(t, {}, (app) => {
    app.get('/', async () => {
      throw new CircuitOpenError('The service behind this one is down')
    })
  })
  const response = await app.inject('/')
  t.match(response, { statusCode: 503, headers: { 'retry-after': '7' } })
  t.match(response.json(), { code: 'CIRCUIT_OPEN', message: 'The service behind this one is down' })
})

t.test('the plain error of @fastify/rate-limit keeps its status and message', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/limited', async (_request, reply) => {
      reply.header('retry-after', 60).header('x-ratelimit-limit', 1)
      throw Object.assign(new Error('Rate limit exceeded, retry in 1 minute'), { statusCode: 429 })
    })
    app.get('/pretended', async () => {
      throw Object.assign(new Error('Rate limit exceeded, retry in 1 minute'), { statusCode: 429 })
    })
  })
  const response = await app.inject('/limited')
  t.match(response, { statusCode: 429, headers: { 'retry-after': '60' } })
  t.match(response.json(), { code: 'RATE_LIMIT_EXCEEDED', message: 'Rate limit exceeded, retry in 1 minute' })
  t.equal(
    (await app.inject('/pretended')).statusCode,
    500,
    'the same error without the headers may be an upstream’s'
  )
})

t.test(
  "with mode 'observe' errors keep the status that Fastify sends, and each kind is logged",
  async (t) => {
    const upstream = Object.assign(new Error('of the upstream'), {
      statusCode: 404,
      response: { status: 404 }
    })
    const { app, lines } = await build(t, { mode: 'observe' }, (app) => {
      app.get('/tea', async () => {
        throw Object.assign(new Error('short and stout'), { statusCode: 418 })
      })
      app.get('/away', async () => {
        throw Object.assign(new Error('the password is hunter2'), { statusCode: 503 })
      })
      app.get('/upstream', async () => {
        throw upstream
      })
    })
    t.match((await app.inject('/tea')).json(), { statusCode: 418, message: 'short and stout' })
    const away = await app.inject('/away')
    t.equal(away.statusCode, 503)
    t.notMatch(away.payload, /hunter2/, 'messages of 5xx stay internal')
    t.equal((await app.inject('/upstream')).statusCode, 404)
    const warned = lines.filter(({ level }) => level === 40)
    t.match(warned, [
      { msg: /statusCode 418; both are sent, because the mode is 'observe'; without it .* 500/ },
      { statusCode: 503 }
    ])
  }
)

t.test(
  'headers of other plugins are on requests that Fastify rejects early, in any order of plugins',
  async (t) => {
    for (const order of ['before', 'after']) {
      const app = Fastify({ ...earlyRejectionOptions, ...errorsServerOptions() })
      t.teardown(() => app.close())
      const header = () =>
        onEarlyRejection(app, {
          request: (_error, _request, reply) => void reply.header('x-neighbour', 'yes')
        })
      if (order === 'before') header()
      await app.register(errors)
      if (order === 'after') header()
      app.get('/users/:id', async () => 'ok')
      const response = await app.inject('/users/%zz')
      t.match(response, { statusCode: 400, headers: { 'x-neighbour': 'yes' } }, order)
      t.match(response.json(), { code: 'FST_ERR_BAD_URL', correlationId: 'req-1' })
    }
  }
)

t.test('logs no requests beside observability unless "log" is true', async (t) => {
  for (const [options, lines] of [
    [{}, 0],
    [{ log: true }, 1]
  ] as [ErrorsOptions, number][]) {
    const { app, requestLines } = await build(t, options, (app) => {
      app.decorate('observability', {} as never)
      failing(app)
    })
    await app.inject('/fails')
    t.equal(requestLines().length, lines)
  }
  const quiet = await build(t, { log: false }, failing)
  await quiet.app.inject('/fails')
  t.equal(quiet.requestLines().length, 0)
})

t.test('@fastify/swagger shows the error schemas by reference', async (t) => {
  const { app } = await build(t, {}, async (app) => {
    await app.register(swagger, {
      openapi: { openapi: '3.1.0', info: { title: 'x', version: '1' } },
      refResolver: { buildLocalReference: (json) => json.$id as string }
    })
    app.get(
      '/users/:id',
      { schema: { response: { 200: { type: 'object' }, ...errorResponses(404, '5xx') } } },
      async () => {
        throw new NotFoundError('User')
      }
    )
  })
  const { paths, components } = app.swagger() as unknown as Record<string, Record<string, never>>
  t.match(Object.keys(components!.schemas!), ['SeaworthyError', 'SeaworthyProblem'])
  const { responses } = (
    paths!['/users/{id}'] as unknown as Record<string, { responses: Record<string, object> }>
  ).get!
  t.match(responses['404'], {
    description: 'Not Found',
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/SeaworthyError' } },
      'application/problem+json': { schema: { $ref: '#/components/schemas/SeaworthyProblem' } }
    }
  })
  t.ok(responses['5XX'])
  t.match(
    (await app.inject('/users/1')).json(),
    { message: 'User not found' },
    'and the route still responds'
  )
  t.strictSame(Object.keys(errorResponses()), ['4xx', '5xx'])

  const none = await build(t, { schemas: false })
  t.strictSame(none.app.getSchemas(), {})
})

t.test('errors of the CommonJS build and of the ESM sources recognise each other', async (t) => {
  const folder = temporaryFolder(t, 'errors')
  const root = join(import.meta.dirname, '../../..')
  symlinkSync(join(import.meta.dirname, '../node_modules'), join(folder, 'node_modules'))
  const { build: bundle } = createRequire(createRequire(join(root, 'package.json')).resolve('tsup'))(
    'esbuild'
  ) as {
    build(options: object): Promise<unknown>
  }
  await bundle({
    entryPoints: [join(import.meta.dirname, '../src/index.ts')],
    outfile: join(folder, 'index.cjs'),
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    conditions: ['@seaworthy/source'],
    external: ['fastify-plugin', 'fastify']
  })
  const copy = createRequire(import.meta.url)(join(folder, 'index.cjs')) as typeof import('../src/index.ts')
  class UserMissing extends copy.NotFoundError {}
  const foreign = new UserMissing('User', { code: 'USER_MISSING', cause: new Error('the cause') })

  t.not(copy.AppError, (await import('../src/index.ts')).AppError, 'two copies')
  t.ok(isAppError(foreign))
  t.ok(isAppError(foreign, 'USER_MISSING'))
  t.notOk(isAppError(foreign, 'NOT_FOUND'))
  t.ok(copy.isAppError(new NotFoundError('User')))
  t.equal(foreign.name, 'NotFoundError', 'a minified class keeps its name')
  t.equal(new (copy.defineError('ERR_USER_LOCKED', { statusCode: 423 }))().name, 'UserLockedError')

  const { app, requestLines } = await build(t, {}, (app) => {
    app.get('/', async () => {
      throw foreign
    })
  })
  t.match((await app.inject('/')).json(), {
    statusCode: 404,
    message: 'User not found',
    code: 'USER_MISSING'
  })
  t.match(requestLines()[0], { err: { message: 'User not found: the cause' } })
})
