import createError from '@fastify/error'
import type { FastifyInstance } from 'fastify'
import httpErrors from 'http-errors'
import t from 'tap'
import {
  AppError,
  ConflictError,
  NotFoundError,
  ServiceUnavailableError,
  TooManyRequestsError,
  UnauthorizedError,
  ValidationError
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

t.test('an error of another library sets neither status nor headers nor message', async (t) => {
  for (const status of [404, 200, 204, 9999, 418, 503, '404']) {
    for (const key of ['statusCode', 'status']) {
      const { app } = await build(t, {}, (app) => {
        app.get('/', async () => {
          throw Object.assign(new Error('upstream says no'), {
            [key]: status,
            headers: { 'set-cookie': 'their=session' }
          })
        })
      })
      const response = await app.inject('/')
      t.equal(response.statusCode, 500, `${key}: ${status}`)
      t.equal(response.headers['set-cookie'], undefined)
      t.match(response.json(), { message: 'An error occurred', code: 'INTERNAL_SERVER_ERROR' })
    }
  }
})

t.test(
  'errors of Fastify, its plugins and http-errors are recognised, and their 5xx messages are not sent',
  async (t) => {
    const Teapot = createError('FST_TEAPOT', 'I am %s', 418)
    const Broken = createError('FST_BROKEN', 'broken: %s', 503)
    const cases: [unknown, object][] = [
      [new Teapot('short'), { statusCode: 418, message: 'I am short', code: 'FST_TEAPOT' }],
      [new Broken(secret), { statusCode: 503, message: 'Service Unavailable', code: 'FST_BROKEN' }],
      [httpErrors(409, 'clash'), { statusCode: 409, message: 'clash', code: 'CONFLICT' }],
      [new httpErrors.ImATeapot(), { statusCode: 418, error: "I'm a Teapot", code: 'IM_A_TEAPOT' }],
      [httpErrors(502, secret, { expose: true }), { statusCode: 502, message: 'Bad Gateway' }],
      [httpErrors(404, secret, { expose: false }), { statusCode: 404, message: 'Not Found' }]
    ]
    const { app } = await build(t, {}, (app) => {
      app.get('/:index', {
        handler: async (request) => {
          throw cases[Number((request.params as { index: string }).index)]![0]
        }
      })
    })
    for (const [index, [, expected]] of cases.entries())
      t.match((await app.inject(`/${index}`)).json(), expected)
    const response = await app.inject('/0')
    t.notOk(response.headers['set-cookie'])
  }
)

t.test("headers of http-errors are not sent, because they may be an upstream's", async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/', async () => {
      throw httpErrors(409, 'clash', { headers: { 'set-cookie': 'a=b' } })
    })
  })
  t.notOk((await app.inject('/')).headers['set-cookie'])
})

t.test(
  'a status that the app set before it failed is kept, and an error’s status is not mistaken for it',
  async (t) => {
    const { app } = await build(t, {}, (app) => {
      app.get('/chosen', async (_request, reply) => {
        reply.code(403)
        throw new Error(secret)
      })
      app.get('/done', {
        preHandler: (_request, reply, done) => {
          reply.code(400)
          done(new Error(secret))
        },
        handler: async () => 'never'
      })
      app.get('/copied', async (_request, reply) => {
        // As Fastify does while a tracer listens.
        reply.code(404)
        throw Object.assign(new Error('upstream'), { statusCode: 404 })
      })
      app.get('/success', async (_request, reply) => {
        reply.code(201)
        throw new NotFoundError('User')
      })
    })
    t.match((await app.inject('/chosen')).json(), {
      statusCode: 403,
      error: 'Forbidden',
      message: 'Forbidden'
    })
    t.match((await app.inject('/done')).json(), { statusCode: 400, message: 'Bad Request' })
    t.match((await app.inject('/copied')).json(), { statusCode: 500 })
    t.match((await app.inject('/success')).json(), { statusCode: 404, message: 'User not found' })
  }
)

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

t.test('the weights of Accept choose between JSON and problem details', async (t) => {
  const { app } = await build(t, { typeBase: 'https://errors.example.com' }, (app) => {
    app.get('/users/:id', async () => {
      throw new NotFoundError('User', { code: 'USER_NOT_FOUND' })
    })
  })
  const typeFor = async (accept?: string) => {
    const headers = accept === undefined ? {} : { accept }
    const response = await app.inject({ url: '/users/1', headers })
    t.equal(response.headers.vary, 'Accept', 'caches keep them apart')
    return response.headers['content-type']
  }
  const response = await app.inject({
    url: '/users/1?secret=x',
    headers: { accept: 'application/problem+json' }
  })
  t.strictSame(response.json(), {
    type: 'https://errors.example.com/user-not-found',
    title: 'Not Found',
    status: 404,
    detail: 'User not found',
    instance: '/users/1',
    code: 'USER_NOT_FOUND',
    correlationId: 'req-1'
  })
  const [problem, json] = ['application/problem+json; charset=utf-8', 'application/json; charset=utf-8']
  t.equal(await typeFor('application/problem+json'), problem)
  t.equal(await typeFor('application/json, application/problem+json'), problem)
  t.equal(await typeFor('Application/Problem+JSON;Q=0.9, application/json;q=0.5'), problem)
  t.equal(await typeFor('application/json, application/problem+json;q=0.5'), json)
  t.equal(await typeFor('application/problem+json;q=0'), json)
  t.equal(await typeFor('application/problem+json;q=many'), json)
  t.equal(await typeFor('*/*'), json)
  t.equal(await typeFor(), json)
})

t.test(
  'format "problem" sends problem details to all clients, with type about:blank without typeBase',
  async (t) => {
    const { app } = await build(t, { format: 'problem' })
    const response = await app.inject({ url: '/nowhere', headers: { accept: 'application/json' } })

    t.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8')
    t.match(response.json(), { type: 'about:blank', title: 'Not Found', status: 404, instance: '/nowhere' })
  }
)

t.test(
  'failed validation lists field, rule and message, without schema path and submitted value',
  async (t) => {
    const body = {
      type: 'object',
      required: ['name'],
      properties: {
        'a/b~c': { type: 'integer' },
        items: {
          type: 'array',
          items: { type: 'object', properties: { price: { type: 'number', minimum: 1 } } }
        },
        color: { enum: ['red', 'blue'] }
      }
    }
    const { app } = await build(
      t,
      {},
      (app) => {
        app.post('/', { schema: { body } }, async () => 'ok')
        app.get(
          '/',
          { schema: { querystring: { type: 'object', properties: { page: { type: 'integer' } } } } },
          async () => 1
        )
      },
      { ajv: { customOptions: { allErrors: true, verbose: true } } }
    )
    const payload = { 'a/b~c': 'hunter2', items: [{ price: -99 }], color: 'hunter2' }
    const response = await app.inject({ method: 'POST', url: '/', payload })
    t.match(response.json(), {
      message: 'Validation failed',
      details: [
        { in: 'body', pointer: '/name', keyword: 'required', message: "must have required property 'name'" },
        { in: 'body', pointer: '/a~1b~0c', keyword: 'type', message: 'must be integer' },
        { in: 'body', pointer: '/items/0/price', keyword: 'minimum', message: 'must be >= 1' },
        {
          in: 'body',
          pointer: '/color',
          keyword: 'enum',
          message: 'must be equal to one of the allowed values'
        }
      ]
    })
    t.notMatch(response.payload, /hunter2|-99|schemaPath|params|parentSchema/)
    t.strictSame(Object.keys(response.json().details[0]), ['pointer', 'keyword', 'message', 'in'])
    t.match((await app.inject('/?page=hunter2')).json().details, [{ in: 'querystring', pointer: '/page' }])

    const problem = await app.inject({ url: '/?page=x', headers: { accept: 'application/problem+json' } })
    t.match(problem.json(), { errors: [{ in: 'querystring', pointer: '/page', keyword: 'type' }] })
  }
)

t.test('a message of another validation library that quotes the submitted value is not sent', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.setValidatorCompiler(() => (data) => {
      const issues = [
        {
          path: ['user', 'role'],
          code: 'invalid_enum',
          message: `expected 'admin', received '${data.user.role}'`
        },
        { path: ['user', 0], code: 'too_small', message: 'too small' },
        'a string',
        null
      ]
      return { error: Object.assign(new Error(`bad ${data.user.role}`), { validation: issues }) as Error }
    })
    app.post('/', { schema: { body: {} } }, async () => 'ok')
  })
  const response = await app.inject({ method: 'POST', url: '/', payload: { user: { role: 'hunter2' } } })

  t.equal(response.statusCode, 400)
  t.match(response.json().details, [
    { pointer: '/user/role', keyword: 'invalid_enum', message: 'is not valid' },
    { pointer: '/user/0', keyword: 'too_small', message: 'too small' },
    { pointer: '', keyword: 'custom', message: 'is not valid' },
    { pointer: '', keyword: 'custom' }
  ])
  t.notMatch(response.payload, /hunter2/)
})

t.test('many violations at once make a bounded response', async (t) => {
  const { app } = await build(
    t,
    {},
    (app) => {
      const body = { type: 'array', items: { type: 'integer' } }
      app.post('/', { schema: { body } }, async () => 'ok')
    },
    { ajv: { customOptions: { allErrors: true, coerceTypes: false } } }
  )
  const response = await app.inject({
    method: 'POST',
    url: '/',
    payload: Array.from({ length: 5000 }, () => 'x')
  })

  t.equal(response.json().details.length, 50)
  t.ok(response.payload.length < 16_384)
})

t.test('details of an AppError are sent, and a list of them is "errors" in problem details', async (t) => {
  const { app } = await build(t, { extensions: ['balance'] }, (app) => {
    app.get('/list', async () => {
      throw new ValidationError('No', [{ pointer: '/age', keyword: 'adult', message: 'must be of age' }])
    })
    app.get('/options', async () => {
      throw new ValidationError('No', { code: 'TOO_YOUNG', details: { age: 'must be of age' } })
    })
    app.get('/object', async () => {
      throw new ValidationError('No', { age: 'must be of age' } as never)
    })
    app.get('/extended', async () => {
      throw new AppError('Out of credit', { statusCode: 403, extensions: { balance: 30, internal: secret } })
    })
  })
  const problem = async (url: string) =>
    (await app.inject({ url, headers: { accept: 'application/problem+json' } })).json()

  t.match((await app.inject('/list')).json(), { code: 'VALIDATION_ERROR', details: [{ pointer: '/age' }] })
  t.match(await problem('/list'), { errors: [{ pointer: '/age', keyword: 'adult' }] })
  t.match((await app.inject('/options')).json(), { code: 'TOO_YOUNG', details: { age: 'must be of age' } })
  t.match(await problem('/options'), { details: { age: 'must be of age' } })
  t.match((await app.inject('/object')).json(), { details: { age: 'must be of age' } })
  const extended = await app.inject('/extended')
  t.equal(extended.json().balance, 30, 'an extension that is on the list')
  t.notMatch(extended.payload, /hunter2/, 'an extension that is not on the list')
  t.equal((await problem('/extended')).balance, 30)
})

t.test('details that JSON cannot represent are left out', async (t) => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const hostile = {
    toJSON() {
      throw new Error(secret)
    }
  }
  for (const details of [cycle, { big: 1n }, hostile, [hostile]]) {
    const { app } = await build(t, {}, (app) => {
      app.get('/', async () => {
        throw new ConflictError('clash', { details })
      })
    })
    const response = await app.inject('/')
    t.match(response.json(), { statusCode: 409, message: 'clash', correlationId: 'req-1' })
    t.notMatch(response.payload, /hunter2/)
  }
})

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

t.test('headers that describe the failed response are removed', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/', async (_request, reply) => {
      reply.headers({
        'cache-control': 'public, max-age=600',
        etag: '"1"',
        'content-encoding': 'gzip',
        'x-kept': 'yes'
      })
      reply.header('vary', 'Origin').type('image/png')
      throw new NotFoundError('Picture')
    })
  })
  const { headers } = await app.inject('/')
  t.match(headers, {
    'x-kept': 'yes',
    vary: 'Origin, Accept',
    'content-type': 'application/json; charset=utf-8'
  })
  for (const name of ['cache-control', 'etag', 'content-encoding']) t.equal(headers[name], undefined, name)
})

t.test('a 401 has the challenge of the error, the reply or the option, in this order', async (t) => {
  const routes = (app: FastifyInstance) => {
    app.get('/plain', async () => {
      throw new UnauthorizedError()
    })
    app.get('/own', async () => {
      throw new UnauthorizedError('No', { headers: { 'WWW-Authenticate': 'DPoP' } })
    })
    app.get('/reply', async (_request, reply) => {
      reply.header('www-authenticate', 'Basic')
      throw httpErrors(401)
    })
  }
  const challenges = async (options: object) => {
    const { app } = await build(t, options, routes)
    const responses = await Promise.all(['/plain', '/own', '/reply'].map((url) => app.inject(url)))
    return responses.map(({ headers }) => headers['www-authenticate'])
  }
  t.strictSame(await challenges({}), ['Bearer', 'DPoP', 'Basic'])
  t.strictSame(await challenges({ challenge: 'Bearer realm="api"' }), ['Bearer realm="api"', 'DPoP', 'Basic'])
  t.strictSame(await challenges({ challenge: false }), [undefined, 'DPoP', 'Basic'])
})

t.test('methodNotAllowed sends 405 with Allow if the path has other methods', async (t) => {
  const routes = (app: FastifyInstance) => {
    app.get('/users/:id', async () => 'user')
    app.delete('/users/:id', async () => 'gone')
  }
  const { app } = await build(t, { methodNotAllowed: true }, routes)
  const response = await app.inject({ method: 'POST', url: '/users/1?a=b' })
  t.match(response, { statusCode: 405, headers: { allow: /^(?=.*\bGET\b)(?=.*\bDELETE\b)(?!.*POST)/ } })
  t.match(response.json(), {
    error: 'Method Not Allowed',
    code: 'METHOD_NOT_ALLOWED',
    correlationId: 'req-1'
  })
  t.equal((await app.inject({ method: 'POST', url: '/nowhere' })).statusCode, 404)

  const plain = await build(t, {}, routes)
  t.equal((await plain.app.inject({ method: 'POST', url: '/users/1' })).statusCode, 404)
})

t.test(
  'errors of other libraries get the response of the first matching rule, and are logged as its cause',
  async (t) => {
    class DriverError extends Error {}
    const { app, requestLines } = await build(
      t,
      {
        map: [
          { match: '23505', to: { statusCode: 409, code: 'DUPLICATE', message: 'There is one already' } },
          { match: DriverError, to: 503 },
          { match: (error) => (error as Error)?.message === 'skip', to: () => undefined },
          {
            match: (error) => (error as Error)?.message === 'skip',
            to: (error) => new NotFoundError('It', { cause: error })
          },
          {
            match: 'THROWS',
            to: () => {
              throw new Error(secret)
            }
          },
          { match: 'HTTP', to: () => httpErrors(410, 'gone') as never },
          { match: Error, to: { statusCode: 502, message: 'Try again', headers: { 'retry-after': 5 } } }
        ]
      },
      (app) => {
        const thrown: Record<string, unknown> = {
          duplicate: Object.assign(new Error(secret), { code: '23505' }),
          driver: new DriverError(secret),
          skip: new Error('skip'),
          throws: Object.assign(new Error('x'), { code: 'THROWS' }),
          http: Object.assign(new Error('x'), { code: 'HTTP' }),
          any: new TypeError(secret),
          ours: new ConflictError('ours')
        }
        app.get('/:name', {
          handler: async (request) => {
            throw thrown[(request.params as { name: string }).name]
          }
        })
      }
    )
    t.match((await app.inject('/duplicate')).json(), {
      statusCode: 409,
      code: 'DUPLICATE',
      message: 'There is one already'
    })
    t.match(requestLines()[0], { level: 30, err: { message: 'postgres://[redacted]@db/app' } })
    t.match((await app.inject('/driver')).json(), { statusCode: 503, message: 'Service Unavailable' })
    t.match((await app.inject('/skip')).json(), { statusCode: 404, message: 'It not found' })
    t.match((await app.inject('/throws')).json(), { statusCode: 500, message: 'An error occurred' })
    t.match((await app.inject('/http')).json(), { statusCode: 410, message: 'gone' })
    const any = await app.inject('/any')
    t.match(any, { statusCode: 502, headers: { 'retry-after': '5' } })
    t.match(any.json(), { message: 'Try again' })
    t.match(
      (await app.inject('/ours')).json(),
      { statusCode: 409, message: 'ours' },
      'an AppError needs no rule'
    )
  }
)

t.test('messages are sent in the first of the client’s languages that has one', async (t) => {
  const words: Record<string, string> = { 'de NOT_FOUND': 'Nicht gefunden', 'fr-CH NOT_FOUND': 'Pas trouvé' }
  const { app } = await build(t, { messages: (code, locale) => words[`${locale} ${code}`] }, (app) => {
    app.get('/', async () => {
      throw new NotFoundError('User')
    })
  })
  const ask = (language?: string) =>
    app.inject({ url: '/', headers: language === undefined ? {} : { 'accept-language': language } })
  const german = await ask('it;q=0.1, de-AT, *;q=0.5')
  t.match(german, { headers: { 'content-language': 'de', vary: 'Accept-Language, Accept' } })
  t.equal(german.json().message, 'Nicht gefunden')
  t.equal((await ask('de;q=0.5,fr-ch')).json().message, 'Pas trouvé')
  t.equal((await ask('it')).json().message, 'User not found')
  t.equal((await ask('de;q=0')).json().message, 'User not found')
  t.equal((await ask(`${'x'.repeat(5000)},<script>,,;q=9`)).json().message, 'User not found')
  t.equal((await ask()).json().message, 'User not found')

  const failing = await build(t, {
    messages: () => {
      throw new Error(secret)
    }
  })
  const response = await failing.app.inject({ url: '/', headers: { 'accept-language': 'de' } })
  t.match(
    response.json(),
    { statusCode: 404, code: 'ROUTE_NOT_FOUND' },
    'a catalogue that throws leaves the message untranslated'
  )
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

t.test('onError hooks see the status of the response', async (t) => {
  const seen: [number, unknown][] = []
  const { app } = await build(t, {}, (app) => {
    app.addHook('onError', async (_request, reply, error) => {
      seen.push([reply.statusCode, (error as Error | null)?.message])
    })
    app.get('/own', async () => {
      throw new NotFoundError('User')
    })
    app.get('/foreign', async () => {
      throw Object.assign(new Error('foreign'), { statusCode: 404 })
    })
    app.get('/null', async () => {
      throw null
    })
    app.get('/route', { errorHandler: (_error, _request, reply) => void reply.send('handled') }, async () => {
      throw new Error('handled')
    })
  })
  for (const url of ['/own', '/foreign', '/null']) await app.inject(url)
  const handled = await app.inject('/route')

  t.strictSame(seen.slice(0, 3), [
    [404, 'User not found'],
    [500, 'foreign'],
    [500, undefined]
  ])
  t.match(handled, { statusCode: 200, payload: 'handled' }, 'the error handler of a route sets the status')
})

t.test('an abort after the client has left is logged as 499, not as a failure', async (t) => {
  const { app, requestLines } = await build(t, {}, (app) => {
    app.get('/', async (_request, reply) => {
      reply.raw.destroy()
      throw new DOMException('This operation was aborted', 'AbortError')
    })
  })
  await app.inject('/').catch(() => undefined)

  t.match(requestLines(), [{ level: 30, code: 'CLIENT_CLOSED_REQUEST', statusCode: 499 }])
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
  t.equal(reads, 1)
})
