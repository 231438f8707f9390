import { createRequire } from 'node:module'
import createError from '@fastify/error'
import Fastify from 'fastify'
import httpErrors from 'http-errors'
import t from 'tap'
import {
  AppError,
  ConflictError,
  defineError,
  errors,
  MethodNotAllowedError,
  NotFoundError,
  type ErrorsOptions
} from '../src/index.ts'
import { build, secret } from './helpers.ts'
import { thrower } from './thrower.ts'

const credentials = 'postgres://user:hunter2@db/app'

t.test('an error of another library sets neither status nor headers nor message', async (t) => {
  for (const status of [404, 200, 204, 9999, 418, 503, '404']) {
    for (const key of ['statusCode', 'status']) {
      const { app } = await build(t, {}, (app) => {
        app.get('/', async () => {
          throw Object.assign(new Error('upstream failed'), {
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
      [new Broken(credentials), { statusCode: 503, message: 'Service Unavailable', code: 'FST_BROKEN' }],
      [httpErrors(409, 'clash'), { statusCode: 409, message: 'clash', code: 'CONFLICT' }],
      [new httpErrors.ImATeapot(), { statusCode: 418, error: "I'm a Teapot", code: 'IM_A_TEAPOT' }],
      [httpErrors(502, credentials, { expose: true }), { statusCode: 502, message: 'Bad Gateway' }],
      [httpErrors(404, credentials, { expose: false }), { statusCode: 404, message: 'Not Found' }]
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
        throw new Error(credentials)
      })
      app.get('/done', {
        preHandler: (_request, reply, done) => {
          reply.code(400)
          done(new Error(credentials))
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
              throw new Error(credentials)
            }
          },
          { match: 'HTTP', to: () => httpErrors(410, 'gone') as never },
          { match: Error, to: { statusCode: 502, message: 'Try again', headers: { 'retry-after': 5 } } }
        ]
      },
      (app) => {
        const thrown: Record<string, unknown> = {
          duplicate: Object.assign(new Error(credentials), { code: '23505' }),
          driver: new DriverError(credentials),
          skip: new Error('skip'),
          throws: Object.assign(new Error('x'), { code: 'THROWS' }),
          http: Object.assign(new Error('x'), { code: 'HTTP' }),
          any: new TypeError(credentials),
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

t.test('a rule maps to a class that needs no argument, and rejects others at start', async (t) => {
  const Duplicate = defineError('DUPLICATE', { statusCode: 409, message: 'There is one already' })
  const Missing = defineError('MISSING', { statusCode: 404, message: (id: string) => `No ${id}` })
  class Locked extends AppError {
    constructor() {
      super('Locked for now', { statusCode: 423, code: 'LOCKED' })
    }
  }
  const { responseTo, requestLines } = await thrower(t, {
    map: [
      { match: '23505', to: ConflictError },
      { match: '1062', to: Duplicate },
      { match: '55P03', to: Locked }
    ]
  })
  const failed = (code: string) => Object.assign(new Error(secret), { code })
  t.match((await responseTo(failed('23505'))).json(), {
    statusCode: 409,
    code: 'CONFLICT',
    message: 'Conflict'
  })
  t.match((await responseTo(failed('1062'))).json(), { code: 'DUPLICATE', message: 'There is one already' })
  t.match((await responseTo(failed('55P03'))).json(), { statusCode: 423, message: 'Locked for now' })
  t.match(requestLines()[0], { err: { message: secret } })

  class Plain {}
  for (const to of [
    Missing,
    MethodNotAllowedError,
    AppError,
    Plain,
    Error,
    createRequire(import.meta.url)('http-errors').Conflict
  ]) {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(Promise.resolve(app.register(errors, { map: [{ match: 'X', to: to as never }] })), {
      code: 'INVALID_OPTION',
      message: /"map\[0\]\.to" must be an error class of this package whose constructor needs no argument/
    })
  }
})

t.test(
  'functions of options that return a promise or throw make a plain 500 and no unhandled rejection',
  async (t) => {
    const rejected = () => Promise.reject(new Error(secret)) as never
    const throwing = () => {
      throw new Error(secret)
    }
    for (const fn of [rejected, throwing]) {
      for (const options of [
        { map: [{ match: fn, to: 404 }] },
        { map: [{ match: 'X', to: fn }] },
        { expose: fn },
        { messages: fn }
      ] as ErrorsOptions[]) {
        const { app } = await build(t, options, (app) => {
          app.get('/', async () => {
            throw Object.assign(new Error(secret), { code: 'X' })
          })
        })
        const response = await app.inject({ url: '/', headers: { 'accept-language': 'de' } })
        t.match(response, { statusCode: 500 }, JSON.stringify(Object.keys(options)))
        t.notMatch(response.payload, secret)
      }
    }
  }
)
