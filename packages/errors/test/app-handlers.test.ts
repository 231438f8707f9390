// Handlers and routes of the app beside the plugin: which stay in place, and the lines about them at start.
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t from 'tap'
import { noteOperationalRoute } from '@seaworthy/contract'
import { errors, errorsServerOptions, isAppError } from '../src/index.ts'
import { build, failing, keptLog } from './helpers.ts'

t.test('an error handler of the app is kept and reported in one line', async (t) => {
  for (const order of ['before', 'after']) {
    const setHandler = (app: FastifyInstance) =>
      app.setErrorHandler((_error, _request, reply) => reply.code(418).send('app'))
    const { lines, logger } = keptLog()
    const app = Fastify({ ...errorsServerOptions(), logger })
    t.teardown(() => app.close())
    if (order === 'before') setHandler(app)
    await app.register(errors)
    if (order === 'after') setHandler(app)
    failing(app)
    const response = await app.inject('/fails')

    t.match(response, { statusCode: 418, payload: 'app' }, order)
    t.match((await app.inject('/nowhere')).json(), { code: 'ROUTE_NOT_FOUND' }, 'the plugin handles the 404')
    t.match(
      lines.filter(({ level }) => level === 40),
      [
        {
          msg: /^errors: the app has its own error handler; keeping/,
          errorHandler: 'app',
          notFoundHandler: 'plugin'
        }
      ]
    )
  }
})

t.test('an error handler of the app that sends no status responds with 200', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.setErrorHandler((_error, _request, reply) => reply.send('handled'))
    failing(app)
  })
  t.equal((await app.inject('/fails')).statusCode, 200)
})

t.test('a 404 handler of the app is kept and reported in one line', async (t) => {
  const { lines, logger } = keptLog()
  const app = Fastify({ ...errorsServerOptions(), logger })
  t.teardown(() => app.close())
  app.setNotFoundHandler((_request, reply) => reply.code(404).send('app'))
  await app.register(errors)
  failing(app)

  t.equal((await app.inject('/nowhere')).payload, 'app')
  t.match((await app.inject('/fails')).json(), { message: 'User not found' })
  t.match(
    lines.filter(({ level }) => level === 40),
    [
      {
        msg: /^errors: the app has its own 404 handler; keeping/,
        errorHandler: 'plugin',
        notFoundHandler: 'app'
      }
    ]
  )

  const later = await build(t, { notFound: false }, (app) => {
    app.setNotFoundHandler((_request, reply) => reply.code(404).send('later'))
  })
  t.equal((await later.app.inject('/nowhere')).payload, 'later')
  t.strictSame(
    later.lines.filter(({ level }) => level === 40),
    [],
    'with notFound: false there is nothing to report'
  )
})

t.test('a 404 handler of the app that is set later replaces the one of the plugin', async (t) => {
  for (const inScope of [false, true]) {
    const { app, lines } = await build(t, {}, (app) => {
      const set = (scope: FastifyInstance) => {
        scope.decorateReply('own', 'app')
        const preHandler = async (_request: FastifyRequest, reply: FastifyReply) =>
          void reply.header('x-own', 'yes')
        scope.setNotFoundHandler({ preHandler }, (_request, reply) =>
          reply.code(404).send((reply as unknown as { own: string }).own)
        )
        t.throws(() => scope.setNotFoundHandler(() => 'again'), /already set/, 'one of the app is enough')
      }
      if (inScope) app.register(async (scope) => set(scope))
      else set(app)
    })
    const response = await app.inject('/nowhere')
    t.match(response, { statusCode: 404, payload: 'app', headers: { 'x-own': 'yes' } })
    const warned = lines.filter(({ level }) => level === 40)
    t.match(warned, [{ msg: /^errors: the app has its own 404 handler; keeping/, notFoundHandler: 'app' }])
  }
})

t.test('in a scope with a prefix, a later 404 handler is an error that names the option', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(
    async (scope) => {
      await scope.register(errors)
      t.throws(() => scope.setNotFoundHandler(() => 'app'), {
        message:
          /^errors: .*the plugin "errors" already responds to unknown routes.*errors: \{ notFound: false \}/
      })
    },
    { prefix: '/area' }
  )
})

t.test('the error handler of a scope is kept and may delegate to the plugin’s', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.register(async (scope) => {
      scope.setErrorHandler((error, _request, reply) => {
        if (isAppError(error, 'NOT_FOUND')) return reply.send(error)
        return reply.code(500).send('scope')
      })
      failing(scope)
      scope.get('/other', async () => {
        throw new Error('x')
      })
    })
  })
  t.match((await app.inject('/fails')).json(), { statusCode: 404, message: 'User not found' })
  t.match(await app.inject('/other'), { statusCode: 500, payload: 'scope' })
})

t.test('responds only in the scope where it is registered', async (t) => {
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

t.test('routes that were added before the plugin are named at start', async (t) => {
  const { lines, logger } = keptLog()
  const app = Fastify({ ...errorsServerOptions(), logger })
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

  const warnings = lines.filter(({ level }) => level === 40)
  t.equal(warnings.length, 1)
  t.match(warnings[0]!.msg, /^errors: routes were added before this plugin/)
  t.strictSame(warnings[0]!.routes, ['/early', '/early/:id', '/child'])
})

t.test('routes outside of the scope that the plugin serves are named as such', async (t) => {
  const { lines, logger } = keptLog()
  const app = Fastify({ ...errorsServerOptions(), logger })
  t.teardown(() => app.close())
  app.get('/outside', async () => 'outside')
  await app.register(async (child) => {
    await child.register(errors)
    child.get('/inside', async () => 'inside')
  })
  await app.ready()
  const warnings = lines.filter(({ level }) => level === 40)
  t.match(warnings, [{ msg: /^errors: routes are outside of this plugin's scope/, routes: ['/outside'] }])
})

t.test('without errorsServerOptions() it works and warns once', async (t) => {
  const { lines, logger } = keptLog()
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  await app.register(errors)
  t.equal((await app.inject('/nowhere')).statusCode, 404)

  const warnings = lines.filter(({ msg }) => msg.includes('errorsServerOptions'))
  t.equal(warnings.length, 1)
  t.match(warnings[0]!.msg, 'Fastify({ ...errorsServerOptions() })')
})

t.test('a function of the app named like ours is not taken for the constructor options', async (t) => {
  const { lines, logger } = keptLog()
  const app = Fastify({
    logger,
    clientErrorHandler: function clientErrorHandler(_error, socket) {
      socket.destroy()
    }
  })
  t.teardown(() => app.close())
  await app.register(errors)
  await app.ready()
  t.equal(lines.filter(({ msg }) => msg.includes('errorsServerOptions')).length, 1)
})

t.test('routes of plugins for the platform are not reported as added too early', async (t) => {
  const { lines, logger } = keptLog()
  const app = Fastify({ ...errorsServerOptions(), logger })
  t.teardown(() => app.close())
  noteOperationalRoute(app, '/internal/numbers')
  app.get('/internal/numbers', async () => 1)
  app.get('/users', async () => 1)
  await app.register(errors)
  await app.ready()
  t.match(
    lines.filter(({ level }) => level === 40),
    [{ routes: ['/users'] }]
  )
})
