import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance, type RouteShorthandOptions } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { secret } from './helpers.ts'

const randomSecret = (): string => randomBytes(32).toString('base64')
const ok = async (): Promise<string> => 'in'

function logged(t: Test) {
  const warnings: string[] = []
  const write = (line: string): void => void warnings.push((JSON.parse(line) as { msg: string }).msg)
  const app = Fastify({ logger: { level: 'warn', stream: { write } } })
  t.teardown(() => app.close())
  return { app, warnings }
}

async function guarded(t: Test, options: AuthOptions = {}) {
  const made = logged(t)
  await made.app.register(auth, { jwt: { secret }, ...options })
  return made
}

const add = (app: FastifyInstance, url: string, route: object) =>
  app.get(url, route as RouteShorthandOptions, ok)

t.test('a guard that Fastify does not call before the handler stops the start', async (t) => {
  const places: [place: string, route: (guard: unknown) => object][] = [
    ['preSerialization', (guard) => ({ preSerialization: guard })],
    ['onSend', (guard) => ({ onSend: [guard] })],
    ['onResponse', (guard) => ({ onResponse: guard })],
    ['onError', (guard) => ({ onError: guard })],
    ['beforeHandler', (guard) => ({ beforeHandler: guard })],
    ['onRequests', (guard) => ({ onRequests: [guard] })],
    ['hooks.onRequest', (guard) => ({ hooks: { onRequest: guard } })],
    ['options.preHandler', (guard) => ({ options: { preHandler: [guard] } })]
  ]
  for (const [place, route] of places) {
    for (const guardOf of [
      (app: FastifyInstance) => app.authenticate,
      (app: FastifyInstance) => app.authorize('admin')
    ]) {
      const { app } = await guarded(t)
      add(app, '/x', route(guardOf(app)))
      const message = new RegExp(`GET /x ${place}".*config\\.auth`)
      await t.rejects(async () => app.ready(), { code: 'INVALID_OPTION', message }, place)
    }
  }
  const { app } = await guarded(t)
  add(app, '/x', { onRequest: app.authenticate, onResponse: app.authenticate })
  await app.ready()
  t.equal((await app.inject('/x')).statusCode, 401, 'a guard that is called is enough')
})

t.test('a late hook of a scope that is a guard stops the start', async (t) => {
  for (const stage of ['preSerialization', 'onSend', 'onResponse', 'onError'] as const) {
    const { app } = await guarded(t)
    app.register(async (area) => {
      area.addHook(stage as 'onResponse', app.authenticate as never)
      area.get('/x', ok)
    })
    await t.rejects(async () => app.ready(), { code: 'INVALID_OPTION', message: new RegExp(stage) }, stage)
  }
})

t.test('app.authorize without a role, and app.authenticate with parentheses, stop the start', async (t) => {
  const { app } = await guarded(t)
  const wrong = [{ onRequest: app.authorize }, { preHandler: [app.authenticate, app.authorize] }]
  for (const route of wrong)
    t.throws(() => add(app, '/x', route), { code: 'INVALID_OPTION', message: /authorize\('role'\)/ })
  t.throws(() => app.addHook('onRequest', app.authorize as never), { message: /authorize\('role'\)/ })
  t.throws(() => (app.authenticate as unknown as () => void)(), {
    code: 'INVALID_OPTION',
    message: /without parentheses/
  })
})

t.test('a hook or rule whose name does not exist is warned about, with its routes', async (t) => {
  const { app, warnings } = await guarded(t)
  const misspelt = app as unknown as Record<string, undefined>
  add(app, '/hook', { onRequest: misspelt.autenticate })
  add(app, '/handler', { preHandler: misspelt.requireAdmin })
  add(app, '/rule', { config: { auth: misspelt.rules } })
  add(app, '/fine', { preHandler: misspelt.requireAdmin, config: { auth: true } })
  add(app, '/public', { onRequest: undefined, config: { auth: false } })
  app.register(async (area) => {
    area.addHook('onRequest', app.authenticate)
    add(area, '/scope', { preHandler: undefined })
  })
  await app.ready()
  t.equal(warnings.length, 3, warnings.join('\n'))
  t.match(warnings.join('\n'), /"onRequest" is undefined on GET \/hook;/)
  t.match(warnings.join('\n'), /"preHandler" is undefined on GET \/handler;/)
  t.match(warnings.join('\n'), /"config\.auth" is undefined on GET \/rule;/)
})

t.test('a hook that a plugin of Fastify passes on undefined is no misspelt name', async (t) => {
  const { app, warnings } = await guarded(t)
  const proxy = async (scope: FastifyInstance) => void add(scope, '/proxy', { preHandler: undefined })
  app.register(fp(proxy, { name: '@fastify/http-proxy', encapsulate: true }))
  await app.ready()
  t.same(warnings, [])
})

t.test('a guard in config that no hook calls is warned about', async (t) => {
  const { app, warnings } = await guarded(t)
  add(app, '/x', { config: { check: app.authenticate } })
  add(app, '/list', { config: { check: [app.authorize('admin')] } })
  add(app, '/words', { config: { allowedRoles: ['admin'] } })
  add(app, '/login', { config: { requiresLogin: true } })
  add(app, '/misspelt', { config: { rols: ['admin'] } })
  add(app, '/below', { options: { config: { auth: true } } })
  add(app, '/documented', { schema: { security: [{ bearer: [] }] } })
  add(app, '/guarded', { schema: { security: [{ bearer: [] }] }, preHandler: async () => undefined })
  add(app, '/rule', { config: { auth: true, allowedRoles: ['admin'] } })
  await app.ready()
  t.match(warnings.join('\n'), /"config\.check".*GET \/x, GET \/list/)
  t.match(warnings.join('\n'), /"config\.allowedRoles".*GET \/words/)
  t.match(warnings.join('\n'), /"config\.requiresLogin".*GET \/login/)
  t.match(warnings.join('\n'), /"config\.rols".*GET \/misspelt/)
  t.match(warnings.join('\n'), /"options\.config\.auth".*GET \/below/)
  t.match(warnings.join('\n'), /"schema\.security".*GET \/documented;/)
  t.equal(warnings.length, 6, warnings.join('\n'))
})

t.test('a guard in the options of register() is warned about if routes of the plugin are open', async (t) => {
  const optionsOfAll: ((app: FastifyInstance) => object)[] = [
    (app) => ({ onRequest: app.authenticate }),
    (app) => ({ prefix: '/p', preHandler: [app.authorize('admin')] }),
    () => ({ config: { auth: true } }),
    () => ({ auth: { roles: 'admin' } })
  ]
  for (const optionsOf of optionsOfAll) {
    const { app, warnings } = await guarded(t)
    app.register(async (area) => {
      area.get('/open', ok)
      area.register(async (inner) => void inner.get('/inner', ok))
      area.get('/closed', { config: { auth: true } }, ok)
    }, optionsOf(app))
    await app.ready()
    t.equal(warnings.length, 1, warnings.join('\n'))
    t.match(
      warnings[0],
      /in the options of register\(\) guards nothing; GET (?:\/p)?\/open, GET (?:\/p)?\/inner are open/
    )
  }
  const { app, warnings } = await guarded(t)
  const usesIt = async (area: FastifyInstance, { guard }: { guard: FastifyInstance['authenticate'] }) =>
    void area.get('/x', { onRequest: guard }, ok)
  app.register(usesIt, { guard: app.authenticate })
  await app.ready()
  t.same(warnings, [], 'the plugin uses its option')
})

t.test('a guard that an onRoute hook adds later is the rule of the route', async (t) => {
  const { app } = await guarded(t, { defaultDeny: true, roles: ['admin'] })
  app.register(async (area) => {
    area.addHook('onRoute', (route) => {
      route.preHandler = [...[route.preHandler ?? []].flat(), app.authorize('admin')]
    })
    area.get('/x', ok)
  })
  await app.ready()
  t.match(app.auth.matrix()[0], { url: '/x', access: 'restricted', roles: ['admin'] })
  t.equal((await app.inject('/x')).statusCode, 401)
})

t.test('a rule that an onRoute hook sets after this plugin has read it stops the start', async (t) => {
  const { app } = await guarded(t)
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, auth: { roles: 'admin' } }
  })
  app.get('/x', ok)
  await t.rejects(async () => app.ready(), {
    code: 'INVALID_OPTION',
    message: /GET \/x config\.auth.*before this plugin/
  })

  const { app: early } = logged(t)
  early.addHook('onRoute', (route) => {
    route.config = { ...route.config, auth: true }
  })
  await early.register(auth, { jwt: { secret } })
  early.get('/x', ok)
  await early.ready()
  t.equal((await early.inject('/x')).statusCode, 401, 'a hook from before works')
})

t.test('a registration that its plugin keeps to itself is warned about', async (t) => {
  const register = async (scope: FastifyInstance): Promise<void> => {
    await scope.register(auth, { jwt: { secret } })
  }
  const lonely = logged(t)
  lonely.app.register(register)
  lonely.app.get('/x', ok)
  await lonely.app.ready()
  t.match(lonely.warnings, [/scope of @seaworthy\/auth has no routes.*fastify-plugin/])

  const { app, warnings } = logged(t)
  app.register(async (scope) => {
    await register(scope)
    scope.get('/login', ok)
  })
  app.register(async (area) => {
    add(area, '/rule', { config: { auth: true } })
    add(area, '/hook', { onRequest: (area as { authenticate?: unknown }).authenticate })
    add(area, '/open', { config: { auth: false } })
  })
  await app.ready()
  t.equal(warnings.length, 1, warnings.join('\n'))
  t.match(warnings[0], /does not have GET \/rule, GET \/hook; these are open.*fastify-plugin/)

  const wrapped = logged(t)
  wrapped.app.register(fp(register))
  wrapped.app.register(async (area) => void add(area, '/rule', { config: { auth: true } }))
  await wrapped.app.ready()
  t.same(wrapped.warnings, [])
  t.equal((await wrapped.app.inject('/rule')).statusCode, 401)
})

t.test('a registration above one that exists already stops the start', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(async (scope) => {
    await scope.register(auth, { jwt: { secret: randomSecret() } })
    scope.get('/x', { config: { auth: true } }, ok)
  })
  await t.rejects(async () => app.register(auth, { jwt: { secret } }), {
    code: 'INVALID_OPTION',
    message: /registered once/
  })
})
