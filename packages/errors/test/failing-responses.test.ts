import createError from '@fastify/error'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import t, { type Test } from 'tap'
import { provide, reporterPort } from '@seaworthy/contract'
import { AppError, errors, NotFoundError } from '../src/index.ts'
import { build, keptLog, secret } from './helpers.ts'

const stale = (reply: FastifyReply) =>
  reply.headers({
    'cache-control': 'public, max-age=600',
    'cdn-cache-control': 'max-age=600',
    etag: '"1"',
    'content-encoding': 'gzip',
    'x-accel-redirect': '/private/file',
    'content-disposition': 'attachment'
  })

const isPlain500 = (t: Test, response: Awaited<ReturnType<FastifyInstance['inject']>>, what: string) => {
  const { headers } = response
  t.equal(response.statusCode, 500, what)
  t.match(response.json(), { statusCode: 500, message: 'An error occurred', code: 'INTERNAL_SERVER_ERROR' })
  t.notMatch(response.payload, secret, what)
  t.equal(headers['cache-control'], 'no-store', what)
  for (const name of [
    'cdn-cache-control',
    'etag',
    'content-encoding',
    'x-accel-redirect',
    'content-disposition'
  ])
    t.equal(headers[name], undefined, `${what}: ${name}`)
}

/** An app with the plugin, what it has logged at level error, and what it has reported. */
async function app(
  t: Test,
  before: (app: FastifyInstance) => unknown,
  after: (app: FastifyInstance) => unknown
) {
  const { lines, logger } = keptLog()
  const reported: string[] = []
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  provide(app, reporterPort, {
    report: (error) => void reported.push((error as Error).message),
    flush: async () => undefined
  })
  await before(app)
  await app.register(errors)
  await after(app)
  await app.ready()
  const logged = () => JSON.stringify(lines.filter(({ level }) => level === 50))
  return { app, logged, reported }
}

const failing = (error: Error) => (scope: FastifyInstance) =>
  scope.setErrorHandler((_error, _request, reply) => {
    stale(reply).code(404)
    throw error
  })

const rejecting = (error: Error) => (scope: FastifyInstance) =>
  scope.setErrorHandler(async (_error, _request, reply) => {
    stale(reply).code(404)
    await Promise.reject(error)
  })

for (const [how, set] of [
  ['throws', failing],
  ['rejects', rejecting]
] as const) {
  for (const place of ['before the plugin', 'after the plugin', 'in a scope', 'on the route']) {
    t.test(
      `an error handler of the app ${place} that ${how} costs neither error and answers a plain 500`,
      async (t) => {
        const second = Object.assign(new Error(`second ${secret}`), {
          statusCode: 404,
          headers: { 'set-cookie': 'a=b' }
        })
        const route = async (scope: FastifyInstance) =>
          void scope.get('/', async () => {
            throw new Error(`first ${secret}`)
          })
        const addHandler = set(second)
        const built = await app(
          t,
          (app) => (place === 'before the plugin' ? addHandler(app) : undefined),
          async (app) => {
            if (place === 'after the plugin') addHandler(app)
            if (place === 'in a scope') {
              await app.register(async (scope) => {
                addHandler(scope)
                await route(scope)
              })
            } else if (place === 'on the route') {
              app.get(
                '/',
                {
                  errorHandler: (_error, _request, reply) => {
                    stale(reply).code(404)
                    throw second
                  }
                },
                async () => {
                  throw new Error(`first ${secret}`)
                }
              )
            } else await route(app)
          }
        )
        const response = await built.app.inject('/')
        isPlain500(t, response, place)
        t.equal(response.headers['set-cookie'], undefined)
        t.match(built.logged(), /first hunter2/)
        t.match(built.logged(), /second hunter2/)
        t.strictSame(built.reported, [`second ${secret}`], 'onError hooks have seen the first')
      }
    )
  }
}

t.test('a hook that fails on the response of the app’s handler is answered by a plain 500', async (t) => {
  for (const place of ['before', 'after']) {
    const setHandler = (app: FastifyInstance) =>
      app.setErrorHandler((_error, _request, reply) => stale(reply).code(404).send({ fine: true }))
    const {
      app: instance,
      logged,
      reported
    } = await app(
      t,
      (app) => (place === 'before' ? setHandler(app) : undefined),
      (app) => {
        if (place === 'after') setHandler(app)
        app.addHook('onSend', async () => Promise.reject(new Error(`second ${secret}`)))
        app.get('/', async () => {
          throw new Error(`first ${secret}`)
        })
      }
    )
    isPlain500(t, await instance.inject('/'), place)
    t.match(logged(), /second hunter2/)
    t.ok(reported.includes(`second ${secret}`))
  }
})

t.test(
  'a plugin of Fastify whose hook replaces the response to an error keeps its status and code',
  async (t) => {
    const CircuitOpen = createError('FST_ERR_CIRCUIT_BREAKER_OPEN', 'Circuit open', 503)
    const { app: instance, logged } = await app(
      t,
      () => undefined,
      (app) => {
        app.addHook('onSend', async () => Promise.reject(new CircuitOpen()))
        app.get('/', async () => {
          throw new Error(secret)
        })
      }
    )
    const response = await instance.inject('/')
    t.equal(response.statusCode, 503)
    t.match(response.json(), { statusCode: 503, code: 'FST_ERR_CIRCUIT_BREAKER_OPEN' })
    t.notMatch(response.body, secret)
    t.match(logged(), /Circuit open/)
  }
)

t.test(
  'a serializer, preSerialization or onSend that fails on a fine response makes a plain 500',
  async (t) => {
    const fail = async () => Promise.reject(new Error(secret))
    const { app } = await build(t, {}, (app) => {
      const respond = async (_request: unknown, reply: FastifyReply) => {
        stale(reply)
        return { a: 1 }
      }
      app.get('/reply', async (_request, reply) => {
        stale(reply).serializer(() => {
          throw new Error(secret)
        })
        return { a: 1 }
      })
      app.get(
        '/schema',
        {
          schema: {
            response: {
              200: { type: 'object', required: [secret], properties: { [secret]: { type: 'string' } } }
            }
          }
        },
        respond
      )
      app.get('/pre', { preSerialization: fail }, respond)
      app.get(
        '/compiler',
        {
          schema: { response: { 200: {} } },
          serializerCompiler: () => () => {
            throw new Error(secret)
          }
        },
        respond
      )
      app.get(
        '/late',
        {
          onSend: async (_request, reply) => {
            stale(reply)
            if (reply.statusCode === 200) await fail()
          }
        },
        async () => ({ a: 1 })
      )
      app.get(
        '/always',
        {
          onSend: async (_request, reply) => {
            stale(reply)
            await fail()
          }
        },
        respond
      )
    })
    for (const path of ['/reply', '/schema', '/pre', '/compiler', '/always'])
      isPlain500(t, await app.inject(path), path)
    t.equal((await app.inject('/late')).statusCode, 500)
  }
)

t.test(
  'an inner handler of the app may hand an error on, the same or another one made for clients',
  async (t) => {
    const { app: instance, reported } = await app(
      t,
      () => undefined,
      async (app) => {
        await app.register(async (scope) => {
          scope.setErrorHandler((error) => {
            throw error
          })
          scope.get('/same', async () => {
            throw new NotFoundError('Order')
          })
        })
        await app.register(async (scope) => {
          scope.setErrorHandler((error) => {
            throw new AppError('Closed', { statusCode: 503, code: 'CLOSED', expose: true, cause: error })
          })
          scope.get('/other', async () => {
            throw new Error(secret)
          })
        })
      }
    )
    t.match((await instance.inject('/same')).json(), { statusCode: 404, message: 'Order not found' })
    t.match((await instance.inject('/other')).json(), { statusCode: 503, message: 'Closed' })
    t.strictSame(reported, [])
  }
)

t.test('an outer handler of the app answers what an inner one throws', async (t) => {
  const { app: instance } = await app(
    t,
    (app) => app.setErrorHandler((error: Error, _request, reply) => reply.code(418).send(error.message)),
    (app) =>
      app.register(async (scope) => {
        scope.setErrorHandler(async () => {
          throw new Error('from inside')
        })
        scope.get('/', async () => {
          throw new Error(secret)
        })
      })
  )
  t.match(await instance.inject('/'), { statusCode: 418, payload: 'from inside' })
})
