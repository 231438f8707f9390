import { createRequire } from 'node:module'
import { join } from 'node:path'
import { symlinkSync } from 'node:fs'
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import {
  clientErrorBrand,
  errorsStatusPort,
  meterPort,
  onEarlyRejection,
  provide,
  provided,
  earlyRejectionOptions
} from '@seaworthy/contract'
import { temporaryFolder } from '@seaworthy/testing'
import {
  defineError,
  errorResponses,
  errors,
  errorsServerOptions,
  isAppError,
  NotFoundError,
  type ErrorsOptions
} from '../src/index.ts'
import { build, countingMeter } from './support.ts'

const failing = (app: FastifyInstance) =>
  app.get('/fails', async () => {
    throw new NotFoundError('User')
  })

t.test('alone it needs no neighbour, and offers none what it does not have', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(errors)
  failing(app)

  t.match((await app.inject('/fails')).json(), { statusCode: 404, message: 'User not found' })
  t.match((await app.inject('/nowhere')).json(), { code: 'ROUTE_NOT_FOUND' })
})

t.test('a meter is found whether it comes before or after', async (t) => {
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

t.test('the series of the metric stay few, whatever codes are thrown', async (t) => {
  const asked: string[][] = []
  const counter = (options: { maxSeries?: number }) => {
    t.ok((options.maxSeries ?? 0) <= 200)
    return {
      with: (...values: string[]) => {
        asked.push(values)
        return { inc: () => undefined }
      }
    }
  }
  const app = Fastify()
  t.teardown(() => app.close())
  provide(app, meterPort, { counter, gauge: counter as never, histogram: counter as never })
  await app.register(errors)
  let next = 0
  app.get('/', async () => {
    throw new NotFoundError('User', { code: `CODE_${next++ % 50}` })
  })
  for (let i = 0; i < 200; i++) await app.inject('/')
  t.equal(asked.length, 50, 'each series is looked up once')
})

t.test('two apps in a process do not meet', async (t) => {
  const json = await build(t, {}, failing)
  const problem = await build(t, { format: 'problem', typeBase: '/p/' }, failing)

  t.match((await json.app.inject('/fails')).json(), { statusCode: 404 })
  t.match((await problem.app.inject('/fails')).json(), { type: '/p/not-found' })
  t.equal(json.counts.get('NOT_FOUND 404'), 1)
})

t.test('an error of a neighbour is known by the brand, with its headers', async (t) => {
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

t.test('@fastify/rate-limit’s plain error keeps its status and words', async (t) => {
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
  t.equal((await app.inject('/pretended')).statusCode, 500, 'an upstream’s is not ours')
})

t.test('an app’s own error handler stays, and is reported in one line', async (t) => {
  for (const order of ['before', 'after']) {
    const own = (app: FastifyInstance) =>
      app.setErrorHandler((_error, _request, reply) => reply.code(418).send('own'))
    const lines: string[] = []
    const app = Fastify({
      ...errorsServerOptions(),
      logger: { stream: { write: (line: string) => void lines.push(line) } }
    })
    t.teardown(() => app.close())
    if (order === 'before') own(app)
    await app.register(errors)
    if (order === 'after') own(app)
    failing(app)
    const response = await app.inject('/fails')

    t.match(response, { statusCode: 418, payload: 'own' }, order)
    t.match((await app.inject('/nowhere')).json(), { code: 'ROUTE_NOT_FOUND' }, 'the 404 is still ours')
    t.match(provided(app, errorsStatusPort), {
      errorHandler: 'app',
      notFoundHandler: 'plugin',
      refusals: true
    })
    t.equal(lines.filter((line) => line.includes('the app has its own error handler')).length, 1)
  }
})

t.test('an app’s own handler that answers without a status is left its 200', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.setErrorHandler((_error, _request, reply) => reply.send('handled'))
    failing(app)
  })
  t.equal((await app.inject('/fails')).statusCode, 200)
})

t.test('an app’s own 404 handler stays, and is reported', async (t) => {
  const lines: string[] = []
  const app = Fastify({
    ...errorsServerOptions(),
    logger: { stream: { write: (line: string) => void lines.push(line) } }
  })
  t.teardown(() => app.close())
  app.setNotFoundHandler((_request, reply) => reply.code(404).send('own'))
  await app.register(errors)
  failing(app)

  t.equal((await app.inject('/nowhere')).payload, 'own')
  t.match((await app.inject('/fails')).json(), { message: 'User not found' })
  t.match(provided(app, errorsStatusPort), { errorHandler: 'plugin', notFoundHandler: 'app' })
  t.equal(lines.filter((line) => line.includes('the app has its own 404 handler')).length, 1)

  const later = await build(t, { notFound: false }, (app) => {
    app.setNotFoundHandler((_request, reply) => reply.code(404).send('later'))
  })
  t.equal((await later.app.inject('/nowhere')).payload, 'later')
  t.equal(provided(later.app, errorsStatusPort)?.notFoundHandler, 'off')
})

t.test('an app that sets its 404 handler after the plugin is told what to switch off', async (t) => {
  const own = (scope: FastifyInstance) =>
    scope.setNotFoundHandler((_request, reply) => reply.code(404).send('own'))
  const told = {
    message: /^errors: .*the plugin "errors" answers unknown routes.*errors: \{ notFound: false \}/
  }
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(errors)
  t.throws(() => own(app), told)
  await app.register(
    async (scope) => void t.throws(() => own(scope), told, 'in a scope of the same prefix too')
  )
  await app.register(
    async (scope) => {
      t.equal(own(scope), scope)
      t.throws(
        () => own(scope),
        { message: /already set for Fastify instance with prefix: '\/api'/ },
        'not ours'
      )
    },
    { prefix: '/api' }
  )

  t.equal((await app.inject('/api/nowhere')).payload, 'own', 'a scope with a prefix has its own')
  t.match((await app.inject('/nowhere')).json(), { code: 'ROUTE_NOT_FOUND' })
  t.throws(() => own(app), { code: 'FST_ERR_INSTANCE_ALREADY_LISTENING' }, 'started, Fastify says its own')
})

t.test('a scope with a handler of its own has it, and may pass on to ours', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.register(async (scope) => {
      scope.setErrorHandler((error, _request, reply) => {
        if (isAppError(error, 'NOT_FOUND')) return reply.send(error)
        return reply.code(500).send('own')
      })
      failing(scope)
      scope.get('/other', async () => {
        throw new Error('x')
      })
    })
  })
  t.match((await app.inject('/fails')).json(), { statusCode: 404, message: 'User not found' })
  t.match(await app.inject('/other'), { statusCode: 500, payload: 'own' })
})

t.test('registered in a scope it is for that scope', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send('outer'))
  failing(app)
  await app.register(
    async (scope) => {
      await scope.register(errors)
      failing(scope)
    },
    { prefix: '/api' }
  )
  t.match((await app.inject('/api/fails')).json(), { message: 'User not found' })
  t.match((await app.inject('/api/nowhere')).json(), { code: 'ROUTE_NOT_FOUND' })
  t.equal((await app.inject('/fails')).payload, 'outer')
})

t.test('routes that were added before the plugin are named at the start', async (t) => {
  const lines: { level: number; msg: string; routes?: string[] }[] = []
  const write = (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[0])
  const app = Fastify({ ...errorsServerOptions(), logger: { stream: { write } } })
  t.teardown(() => app.close())
  app.get('/early/:id', async () => 'early')
  app.get('/early', async () => 'early')
  app.get('/metrics', { config: { operational: 'metrics' } }, async () => '')
  await app.register(async (child) => {
    child.get('/child', async () => 'early')
  })
  await app.register(errors)
  app.get('/late', async () => 'late')
  await app.ready()

  t.strictSame(
    lines.filter(({ level }) => level === 40).map(({ routes }) => routes),
    [['/early', '/early/:id', '/child']]
  )
  t.match(provided(app, errorsStatusPort)?.routesBefore, ['/early', '/early/:id', '/child'])
})

t.test('without the constructor’s part it works, and says once what to add', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => void lines.push(line) } } })
  t.teardown(() => app.close())
  await app.register(errors)
  await app.inject('/nowhere')

  const said = lines.filter((line) => line.includes('errorsServerOptions'))
  t.equal(said.length, 1)
  t.match(said[0], 'Fastify({ ...errorsServerOptions() })')
  t.equal(provided(app, errorsStatusPort)?.refusals, false)
})

t.test('a neighbour’s headers are on refused requests, in whatever order they come', async (t) => {
  for (const order of ['before', 'after']) {
    const app = Fastify({ ...earlyRejectionOptions, ...errorsServerOptions() })
    t.teardown(() => app.close())
    const header = () =>
      onEarlyRejection(app, { request: (_error, _request, reply) => void reply.header('x-neighbour', 'yes') })
    if (order === 'before') header()
    await app.register(errors)
    if (order === 'after') header()
    app.get('/users/:id', async () => 'ok')
    const response = await app.inject('/users/%zz')
    t.match(response, { statusCode: 400, headers: { 'x-neighbour': 'yes' } }, order)
    t.match(response.json(), { code: 'FST_ERR_BAD_URL', correlationId: 'req-1' })
  }
})

t.test('beside observability, whose line has the error, it logs nothing itself unless told to', async (t) => {
  for (const [options, lines] of [
    [{}, 0],
    [{ log: true }, 1]
  ] as [ErrorsOptions, number][]) {
    const { app, ours } = await build(t, options, (app) => {
      app.decorate('observability', {} as never)
      failing(app)
    })
    await app.inject('/fails')
    t.equal(ours().length, lines)
  }
  const quiet = await build(t, { log: false }, failing)
  await quiet.app.inject('/fails')
  t.equal(quiet.ours().length, 0)
})

t.test('@fastify/swagger shows the error schemas, shared by reference', async (t) => {
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
  t.match((await app.inject('/users/1')).json(), { message: 'User not found' }, 'and the route still answers')
  t.strictSame(Object.keys(errorResponses()), ['4xx', '5xx'])

  const none = await build(t, { schemas: false })
  t.strictSame(none.app.getSchemas(), {})
})

t.test('errors of the CommonJS build are known to the ESM sources, and the other way round', async (t) => {
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
  const theirs = new UserMissing('User', { code: 'USER_MISSING', cause: new Error('the cause') })

  t.not(copy.AppError, (await import('../src/index.ts')).AppError, 'two copies')
  t.ok(isAppError(theirs))
  t.ok(isAppError(theirs, 'USER_MISSING'))
  t.notOk(isAppError(theirs, 'NOT_FOUND'))
  t.ok(copy.isAppError(new NotFoundError('User')))
  t.equal(theirs.name, 'NotFoundError', 'a minified class keeps its name')
  t.equal(new (copy.defineError('ERR_USER_LOCKED', { statusCode: 423 }))().name, 'UserLockedError')

  const { app, ours } = await build(t, {}, (app) => {
    app.get('/', async () => {
      throw theirs
    })
  })
  t.match((await app.inject('/')).json(), {
    statusCode: 404,
    message: 'User not found',
    code: 'USER_MISSING'
  })
  t.match(ours()[0], { err: { message: 'User not found: the cause' } })
})

t.test('the guard takes nothing else for one of ours', async (t) => {
  const brand = Symbol.for('seaworthy.error.v1')
  for (const value of [
    null,
    undefined,
    'x',
    7,
    {},
    new Error('x'),
    { [brand]: true },
    { [brand]: 'yes', code: 'X' }
  ]) {
    t.notOk(isAppError(value))
  }
})

t.test('an error class for a code of one’s own takes what its message needs, then options', async (t) => {
  const UserNotFound = defineError('USER_NOT_FOUND', {
    statusCode: 404,
    message: (id: string, tenant: number) => `There is no user ${id} in ${tenant}`
  })
  const cause = new Error('the cause')
  const error = new UserNotFound('42', 7, { cause, headers: { 'x-a': 'b' } })
  t.match(error, {
    name: 'UserNotFoundError',
    message: 'There is no user 42 in 7',
    code: 'USER_NOT_FOUND',
    statusCode: 404,
    cause,
    headers: { 'x-a': 'b' }
  })
  const Down = defineError('DOWN', { statusCode: 503, message: 'Back at ten', expose: true })
  t.match(new Down(), { message: 'Back at ten', expose: true, name: 'DownError' })
  t.equal(new (defineError('X', { statusCode: 409 }))().message, 'Conflict')
  t.ok(isAppError(error, 'USER_NOT_FOUND'))
})
