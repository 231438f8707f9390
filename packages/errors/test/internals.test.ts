// Runs each undocumented part of Fastify and other libraries that this package uses against the installed versions.
import createError from '@fastify/error'
import rateLimit from '@fastify/rate-limit'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import httpErrors from 'http-errors'
import t from 'tap'
import {
  allowErrorHandler,
  allowNotFoundHandler,
  hasAppErrorHandler,
  isFastifyError,
  isHttpError,
  isNotFoundHandlerSet,
  isRateLimitError,
  printedRoutes
} from '../src/internals.ts'
import { errors } from '../src/index.ts'
import { keptLog } from './helpers.ts'

t.test('an error handler of the app is distinguished from the default, by scope', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  t.equal(hasAppErrorHandler(app), false)
  await app.register(async (scope) => {
    t.equal(hasAppErrorHandler(scope), false)
    scope.setErrorHandler(function named(_error, _request, reply) {
      reply.send('named')
    })
    t.equal(hasAppErrorHandler(scope), true)
    await scope.register(async (inner) => t.equal(hasAppErrorHandler(inner), false, 'it was set further out'))
  })
  t.equal(hasAppErrorHandler(app), false)
  app.setErrorHandler((_error, _request, reply) => reply.send('arrow'))
  t.equal(hasAppErrorHandler(app), true)
})

t.test('a Fastify that does not bind error handlers is reported at start', async (t) => {
  const { lines, logger } = keptLog()
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  // As such a version would return it: a plain function.
  Object.defineProperty(app, 'errorHandler', { get: () => function defaultErrorHandler() {} })
  await app.register(errors)
  await app.ready()
  t.equal(lines.filter(({ msg }) => msg.startsWith('errors: recognising error handlers failed')).length, 1)
})

t.test(
  'with a Fastify that does not bind error handlers, the app’s stays, and a renamed default does not',
  async (t) => {
    const handlers = {
      declared: function mine(_error: unknown, _request: unknown, reply: FastifyReply) {
        reply.code(418).send('app')
      },
      arrow: (_error: unknown, _request: unknown, reply: FastifyReply) => void reply.code(418).send('app')
    }
    for (const handler of Object.values(handlers)) {
      const { lines, logger } = keptLog()
      const app = Fastify({ logger })
      t.teardown(() => app.close())
      let current: FastifyInstance['errorHandler'] = handler
      const set = app.setErrorHandler.bind(app)
      set(handler as never)
      // As such a version would keep it: the function itself.
      app.setErrorHandler = function (this: FastifyInstance, fn: never) {
        if (this === app) set(fn)
        Object.defineProperty(this, 'errorHandler', { value: fn, configurable: true })
        if (this === app) current = fn
        return this
      } as never
      Object.defineProperty(app, 'errorHandler', { get: () => current, configurable: true })
      t.equal(hasAppErrorHandler(app), true)
      await app.register(errors)
      app.get('/', async () => {
        throw new Error('x')
      })
      t.match(await app.inject('/'), { statusCode: 418, payload: 'app' })
      t.equal(
        lines.filter(({ msg }) => msg.startsWith('errors: the app has its own error handler')).length,
        1
      )
    }

    const app = Fastify()
    t.teardown(() => app.close())
    // As a bundler that shortens names leaves the default handler, with a Fastify that binds.
    const fresh = Object.getOwnPropertyDescriptor(app, 'errorHandler')!
    Object.defineProperty(app, 'errorHandler', {
      get(this: FastifyInstance) {
        return this === app ? function e() {} : (fresh.get!.call(this) as unknown)
      },
      configurable: true
    })
    t.equal(hasAppErrorHandler(app), false)
  }
)

t.test(
  'an app that sets its error handler after the plugin gets no warning and no error of Fastify',
  async (t) => {
    const warnings: (string | undefined)[] = []
    const onWarning = ({ code }: Error & { code?: string }) => void warnings.push(code)
    process.on('warning', onWarning)
    t.teardown(() => process.off('warning', onWarning))
    for (const allowErrorHandlerOverride of [true, false]) {
      const app = Fastify({ allowErrorHandlerOverride })
      t.teardown(() => app.close())
      await app.register(errors)
      app.setErrorHandler((_error, _request, reply) => reply.code(418).send('of the app'))
      app.get('/', async () => {
        throw new Error('x')
      })
      t.match(await app.inject('/'), { statusCode: 418, payload: 'of the app' })
    }
    await new Promise((resolve) => setImmediate(resolve))
    t.strictSame(warnings, [])
    t.equal(allowErrorHandler(Object.create(null) as FastifyInstance), false)
  }
)

t.test('the error of a second 404 handler is recognised', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.setNotFoundHandler((_request, reply) => reply.code(404).send())
  let thrown: unknown
  try {
    app.setNotFoundHandler((_request, reply) => reply.code(404).send())
  } catch (error) {
    thrown = error
  }
  t.ok(isNotFoundHandlerSet(thrown))
})

t.test(
  'the 404 handler of the root may be set again, also from a scope, and the last one answers',
  async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    t.notOk(allowNotFoundHandler(app), 'none is set: there is nothing to allow')
    app.setNotFoundHandler((_request, reply) => reply.code(404).send('first'))
    t.ok(allowNotFoundHandler(app))
    app.setNotFoundHandler((_request, reply) => reply.code(404).send('second'))
    await app.register(async (scope) => {
      t.ok(allowNotFoundHandler(scope))
      scope.setNotFoundHandler((_request, reply) => reply.code(404).send('of a scope'))
    })
    t.match(await app.inject('/nothing'), { statusCode: 404, payload: 'of a scope' })
  }
)

t.test('without the symbol of Fastify a second 404 handler stops the start with the option', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const symbol = Object.getOwnPropertySymbols(app).find(
    ({ description }) => description === 'fastify.canSetNotFoundHandler'
  )
  t.ok(symbol, 'this Fastify has it')
  const inner = Object.create(null) as FastifyInstance
  t.notOk(allowNotFoundHandler(inner))
})

t.test('the tree of printRoutes shows which routes have the default error handler', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/users/:id', async () => 'user')
  app.get('/users', { errorHandler: (_error, _request, reply) => void reply.send() }, async () => 'users')
  app.get('/files/*', { constraints: { version: '1.0.0' } }, async () => 'file')
  await app.register(async (scope) => {
    scope.setErrorHandler((_error, _request, reply) => reply.send())
    scope.get('/scope', async () => 'scope')
  })
  await app.ready()
  // The tree shows a wildcard without the path before it.
  const routes = printedRoutes(app)!
  t.strictSame(routes.map(({ path }) => path).toSorted(), ['*', '/scope', '/users', '/users/:id'])
  const withDefault = routes.filter(({ hasDefaultHandler }) => hasDefaultHandler)
  t.strictSame(withDefault.map(({ path }) => path).toSorted(), ['*', '/users/:id'])

  const empty = Fastify()
  t.teardown(() => empty.close())
  await empty.ready()
  t.strictSame(printedRoutes(empty), [])
})

t.test('a tree of another format is reported at start', async (t) => {
  const { lines, logger } = keptLog()
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  app.get('/early', async () => 'early')
  await app.register(errors)
  app.printRoutes = () => '└── /early (GET)\n    • handler=default'
  await app.ready()
  t.equal(lines.filter(({ msg }) => msg.startsWith('errors: reading the error handlers of routes')).length, 1)
})

t.test('errors of @fastify/error and Fastify are recognised', async (t) => {
  const Teapot = createError('FST_TEAPOT', 'I am %s', 418)
  t.ok(isFastifyError(new Teapot('short'), new Teapot('short')))
  const app = Fastify()
  t.teardown(() => app.close())
  const thrown: unknown[] = []
  app.setErrorHandler((error, _request, reply) => {
    thrown.push(error)
    return reply.send('handled')
  })
  app.post('/', async () => 'never')
  await app.inject({ method: 'POST', url: '/', headers: { 'content-type': 'a/b' }, body: 'x' })
  t.ok(isFastifyError(thrown[0] as Error, thrown[0] as Error))
  t.notOk(isFastifyError(new Error('x'), { code: 'ECONNREFUSED' }))
})

t.test('errors of http-errors are recognised', async (t) => {
  t.ok(isHttpError(httpErrors(409, 'clash')))
  t.ok(isHttpError(new httpErrors.ImATeapot()))
  t.notOk(isHttpError(Object.assign(new Error('upstream'), { statusCode: 404, status: 404 })))
})

t.test('the error of @fastify/rate-limit is recognised', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const results: boolean[] = []
  app.setErrorHandler((error: Error, _request, reply) => {
    results.push(isRateLimitError(error, reply))
    return reply.send('limited')
  })
  await app.register(rateLimit, { max: 1 })
  app.get('/', async () => 'ok')
  for (let i = 0; i < 2; i++) await app.inject('/')
  t.strictSame(results, [true])
})
