import type { FastifyInstance } from 'fastify'
import t from 'tap'
import {
  AppError,
  ConflictError,
  NotFoundError,
  ServiceUnavailableError,
  TooManyRequestsError,
  UnauthorizedError
} from '../src/index.ts'
import { build } from './helpers.ts'

const secret = 'postgres://user:hunter2@db/app'

t.test(
  'the title of a response is its status in words, and the message of an AppError is sent',
  async (t) => {
    const { app } = await build(t, {}, (app) => {
      app.get('/401', async () => {
        throw new UnauthorizedError('Sign in first')
      })
      app.get('/409', async () => {
        throw new ConflictError('The name is taken', { code: 'NAME_TAKEN' })
      })
      app.post('/body', async () => 'never')
      app.get('/429', async () => {
        throw new TooManyRequestsError('Slower', { retryAfter: 2.2 })
      })
    })
    t.match((await app.inject('/401')).json(), {
      statusCode: 401,
      error: 'Unauthorized',
      message: 'Sign in first',
      code: 'UNAUTHORIZED'
    })
    t.match((await app.inject('/409')).json(), {
      error: 'Conflict',
      message: 'The name is taken',
      code: 'NAME_TAKEN'
    })
    t.match(
      (
        await app.inject({ method: 'POST', url: '/body', headers: { 'content-type': 'a/b' }, body: 'x' })
      ).json(),
      {
        error: 'Unsupported Media Type',
        code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
      }
    )
    const json = { 'content-type': 'application/json' }
    t.match((await app.inject({ method: 'POST', url: '/body', headers: json, body: '{bad' })).json(), {
      statusCode: 400,
      error: 'Bad Request',
      message: /JSON/
    })
    const tooMany = await app.inject('/429')
    t.match(tooMany, { statusCode: 429, headers: { 'retry-after': '3' } }, 'seconds, rounded up')
    t.match(tooMany.json(), { error: 'Too Many Requests', message: 'Slower' })
  }
)

t.test('the message of any other error is not sent, and is logged once with its causes', async (t) => {
  const { app, requestLines, lines } = await build(t, {}, (app) => {
    app.get('/', async () => {
      throw new Error('no database', { cause: new Error(secret) })
    })
  })
  const response = await app.inject('/')

  t.strictSame(response.json(), {
    statusCode: 500,
    error: 'Internal Server Error',
    message: 'An error occurred',
    code: 'INTERNAL_SERVER_ERROR',
    correlationId: 'req-1'
  })
  t.notMatch(response.payload, /hunter2|no database/)
  t.equal(requestLines().length, 1)
  t.match(requestLines()[0], {
    level: 50,
    reqId: 'req-1',
    err: { stack: /responses\.test/, message: 'no database: postgres://[redacted]@db/app' }
  })
  t.equal(lines.filter(({ level }) => level >= 50).length, 1, 'no other line has the error')
})

t.test('a request that is rejected on purpose is logged without a stack', async (t) => {
  const { app, requestLines } = await build(t, {}, (app) => {
    const cause = new Error('down')
    class Rejection extends ServiceUnavailableError {
      readonly isRejection = true
    }
    app.get('/rejected', async () => {
      throw new Rejection('busy', { cause })
    })
    app.get('/broken', async () => {
      throw new ServiceUnavailableError('no database', { cause })
    })
    app.get('/busy', async () => {
      throw new ServiceUnavailableError('busy')
    })
  })
  for (const path of ['/rejected', '/broken', '/busy']) await app.inject(path)
  const stacks = requestLines().map(({ err }) => [/\n *at /.test(err?.stack ?? ''), err?.message])
  t.strictSame(stacks, [
    [false, 'busy: down'],
    [true, 'no database: down'],
    [false, 'busy']
  ])
})

t.test('messages that "expose" sends have no credentials', async (t) => {
  const { app } = await build(t, { expose: true }, (app) => {
    app.get('/', async () => Promise.reject(new Error('connect postgres://app:hunter2@db failed')))
  })
  t.equal((await app.inject('/')).json().message, 'connect postgres://[redacted]@db failed')
})

t.test('NODE_ENV has no influence on which messages are sent', async (t) => {
  const before = process.env.NODE_ENV
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  })
  for (const environment of ['production', 'development', 'test', undefined]) {
    if (environment === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = environment
    const { app } = await build(t, {}, (app) => {
      app.get('/masked', async () => {
        throw new Error('postgres://user:hunter2@db')
      })
      app.get('/shown', async () => {
        throw new NotFoundError('User')
      })
    })
    const masked = await app.inject('/masked')
    t.match(masked.json(), { statusCode: 500, message: 'An error occurred' }, String(environment))
    t.notMatch(masked.payload, /hunter2/)
    const shown = await app.inject('/shown')
    t.match(
      shown.json(),
      { statusCode: 404, message: 'User not found', code: 'NOT_FOUND' },
      String(environment)
    )
  }
})

t.test('a 5xx AppError keeps its code and headers, and its message only with expose', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/masked', async () => {
      throw new ServiceUnavailableError(`cannot reach ${secret}`, { code: 'DB_DOWN', retryAfter: 30 })
    })
    app.get('/exposed', async () => {
      throw new ServiceUnavailableError('Back at ten', { expose: true })
    })
    app.get('/hidden', async () => {
      throw new ConflictError(secret, { expose: false })
    })
  })
  const masked = await app.inject('/masked')
  t.match(masked, { statusCode: 503, headers: { 'retry-after': '30' } })
  t.match(masked.json(), { message: 'Service Unavailable', code: 'DB_DOWN' })
  t.match((await app.inject('/exposed')).json(), { message: 'Back at ten' })
  t.match((await app.inject('/hidden')).json(), { statusCode: 409, message: 'Conflict' })
})

t.test(
  'unknown routes, bad JSON, failed validation and malformed URLs have one shape and a logged id',
  async (t) => {
    const { app, requestLines } = await build(t, {}, (app) => {
      app.post('/users', { schema: { body: { type: 'object', required: ['name'] } } }, async () => 'ok')
      app.get('/users/:id', async () => 'ok')
    })
    const post = (body: string) =>
      app.inject({ method: 'POST', url: '/users', headers: { 'content-type': 'application/json' }, body })
    const responses = [
      [await app.inject('/nowhere?token=hunter2'), 404, 'ROUTE_NOT_FOUND'],
      [await post('{bad'), 400, 'FST_ERR_CTP_INVALID_JSON_BODY'],
      [await post('{}'), 400, 'FST_ERR_VALIDATION'],
      [await app.inject('/users/%zz?token=hunter2'), 400, 'FST_ERR_BAD_URL']
    ] as const
    const ids = requestLines().map(({ reqId }) => reqId)

    for (const [index, [response, statusCode, code]] of responses.entries()) {
      const { details: _, ...body } = response.json()
      t.equal(response.statusCode, statusCode)
      t.equal(response.headers['content-type'], 'application/json; charset=utf-8')
      t.strictSame(Object.keys(body), ['statusCode', 'error', 'message', 'code', 'correlationId'])
      t.match(body, { statusCode, code, correlationId: ids[index] })
      t.notMatch(response.payload, /hunter2/)
    }
    t.ok(
      requestLines().every(({ level }) => level === 30),
      'none of them at error'
    )
    t.notMatch(JSON.stringify(requestLines()), /hunter2/)
  }
)

t.test('a response schema neither strips the body nor changes it', async (t) => {
  const schema = {
    response: { '4xx': { type: 'object', properties: {} }, '5xx': { type: 'object', properties: {} } }
  }
  const { app } = await build(t, {}, (app) => {
    app.get('/500', { schema }, async () => {
      throw new Error('x')
    })
    app.get('/404', { schema }, async () => {
      throw new NotFoundError('User')
    })
  })
  t.match((await app.inject('/500')).json(), {
    statusCode: 500,
    code: 'INTERNAL_SERVER_ERROR',
    correlationId: 'req-1'
  })
  t.match((await app.inject('/404')).json(), { statusCode: 404, message: 'User not found' })
})

t.test('expose sends the messages of 5xx', async (t) => {
  const routes = (app: FastifyInstance) => {
    app.get('/', async () => {
      throw new Error('the reason')
    })
  }
  const shown = await build(t, { expose: true }, routes)
  t.match((await shown.app.inject('/')).json(), { statusCode: 500, message: 'the reason' })
  const decided = await build(
    t,
    { expose: (error, status) => status === 500 && error instanceof RangeError },
    routes
  )
  t.match((await decided.app.inject('/')).json(), { message: 'An error occurred' })
})

t.test('all responses are counted by code and status', async (t) => {
  const { app, counts } = await build(t, {}, (app) => {
    app.get('/', async () => {
      throw new ConflictError()
    })
    app.get('/500', async () => {
      throw new Error('x')
    })
    app.get('/users/:id', async () => 'ok')
  })
  for (const url of ['/', '/', '/500', '/nowhere', '/users/%zz']) await app.inject(url)

  t.strictSame(Object.fromEntries(counts), {
    'CONFLICT 409': 2,
    'INTERNAL_SERVER_ERROR 500': 1,
    'ROUTE_NOT_FOUND 404': 1,
    'FST_ERR_BAD_URL 400': 1
  })
})

t.test('the stack of a 4xx is never read, because making it costs more than the response', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/:status', async (request) => {
      const { status } = request.params as { status: string }
      const error = new AppError('failed', { statusCode: Number(status) })
      Object.defineProperty(error, 'stack', { get: () => `read ${++reads}` })
      throw error
    })
  })
  let reads = 0
  t.equal((await app.inject('/404')).statusCode, 404)
  t.equal(reads, 0)
  t.equal((await app.inject('/503')).statusCode, 503)
  t.equal(reads, 0, 'nor that of a rejection on purpose')
  t.equal((await app.inject('/500')).statusCode, 500)
  t.equal(reads, 1)
})
