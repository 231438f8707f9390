import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance, type RouteShorthandOptions } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { bearer, secret } from './helpers.ts'

interface Line {
  readonly level: number
  readonly msg: string
}

/** An app that keeps its log lines. */
function logged(t: Test): { app: FastifyInstance; lines: Line[] } {
  const lines: Line[] = []
  const write = (line: string): void => void lines.push(JSON.parse(line) as Line)
  const app = Fastify({ logger: { level: 'warn', stream: { write } } })
  t.teardown(() => app.close())
  return { app, lines }
}

async function guarded(t: Test, options: AuthOptions = {}) {
  const { app, lines } = logged(t)
  await app.register(auth, { jwt: { secret }, ...options })
  return { app, lines }
}

const accessOf = (app: FastifyInstance, url: string): string | undefined =>
  app.auth.matrix().find((row) => row.url === url && row.method === 'GET')?.access

t.test('a guard that is read before the plugin has loaded leaves no open route, in no phase', async (t) => {
  const { app, lines } = logged(t)
  void app.register(auth, { jwt: { secret } })
  const early = app as unknown as { authenticate?: never }
  for (const phase of ['onRequest', 'preValidation', 'preHandler'])
    app.get(`/${phase}`, { [phase]: early.authenticate }, async () => 'private')
  app.get('/open', { config: { auth: false } }, async () => 'public')
  app.after(() => void app.get('/later', { onRequest: app.authenticate }, async () => 'private'))
  await app.ready()
  const status = async (url: string) => (await app.inject(url)).statusCode
  for (const phase of ['onRequest', 'preValidation', 'preHandler']) {
    t.equal(await status(`/${phase}`), 403)
    t.equal(await status(`/${phase}`), 403)
  }
  t.equal(await status('/open'), 200)
  t.equal(await status('/later'), 401)
  const named = lines.filter(({ msg }) => /added before this plugin/.test(msg))
  t.equal(named.length, 3, 'one line for each route')
  t.match(named[0]!.msg, /\/onRequest.*await app\.register/)
})

t.test('a rule that Fastify would ignore stops the start', async (t) => {
  const routes: object[] = [
    { auth: true },
    { auth: { roles: 'admin' }, config: { auth: true } },
    { config: { Auth: true } },
    { config: { auht: { roles: 'admin' } } },
    { config: { auths: true } },
    { config: { uth: true } },
    { config: { aut: true } }
  ]
  for (const route of routes) {
    const { app } = await guarded(t)
    const add = () => app.get('/x', route as RouteShorthandOptions, async () => 'secret')
    t.throws(add, { code: 'INVALID_OPTION', message: /config\.auth/ }, JSON.stringify(route))
  }
})

t.test('a key that looks like a rule is warned about, with the routes that have it', async (t) => {
  const { app, lines } = await guarded(t)
  const add = (url: string, route: object) => app.get(url, route as RouteShorthandOptions, async () => 'ok')
  add('/roles', { config: { roles: 'admin' } })
  add('/too', { config: { roles: 'admin', auth: true } })
  add('/scopes', { scopes: ['read'] })
  add('/required', { config: { requiresAuth: true } })
  // No rules.
  add('/page', { config: { author: 'ada', path: '/x', oauth: 'google', rate: 1, requiresAuth: false } })
  add('/public', { config: { auth: false, roles: 'documentation' } })
  await app.ready()
  const warnings = lines.map(({ msg }) => msg)
  t.equal(warnings.length, 3, warnings.join('\n'))
  t.match(warnings.join('\n'), /"config\.roles".*GET \/roles, GET \/too/)
  t.match(warnings.join('\n'), /"scopes".*GET \/scopes/)
  t.match(warnings.join('\n'), /"config\.requiresAuth".*GET \/required/)
})

t.test('a hook of a scope is the rule of its routes, and of no others', async (t) => {
  const { app } = await guarded(t, { defaultDeny: true })
  for (const phase of ['onRequest', 'preHandler'] as const) {
    app.register(async (area) => {
      area.get(`/${phase}/before`, async () => 'in')
      area.addHook(phase, app.authorize('admin'))
      area.get(`/${phase}/after`, async () => 'in')
      area.register(async (inner) => void inner.get(`/${phase}/inner`, async () => 'in'))
    })
  }
  app.register(async (area) => {
    area.addHook('onRequest', app.authenticate)
    area.get('/users', async () => 'in')
  })
  app.get('/public', { config: { auth: false } }, async () => 'in')
  await app.ready()
  const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
  for (const phase of ['onRequest', 'preHandler']) {
    for (const place of ['before', 'after', 'inner']) {
      const url = `/${phase}/${place}`
      t.equal(accessOf(app, url), 'restricted', url)
      t.equal((await app.inject(url)).statusCode, 401)
      t.equal((await app.inject({ url, headers: bearer(accessToken) })).statusCode, 403)
    }
  }
  t.equal(accessOf(app, '/users'), 'authenticated')
  t.equal(accessOf(app, '/public'), 'public')
})

t.test('a hook that the parent gets late guards the scopes that exist already', async (t) => {
  const { app } = await guarded(t)
  await app.register(async (area) => {
    area.get('/early', async () => 'in')
    area.register(async (sibling) => void sibling.addHook('onRequest', app.authorize('admin')))
  })
  app.addHook('onRequest', app.authenticate)
  app.get('/late', async () => 'in')
  await app.ready()
  for (const url of ['/early', '/late']) {
    t.equal((await app.inject(url)).statusCode, 401)
    t.equal(accessOf(app, url), 'authenticated', 'and not those of a scope below')
  }
})

t.test('a decorator whose name is taken stops the start with the name of this package', async (t) => {
  const key = randomBytes(32)
  const later: [options: AuthOptions, add: (app: FastifyInstance) => unknown, remedy: RegExp][] = [
    [{ jwt: { secret } }, (app) => app.decorate('authenticate', (() => undefined) as never), /rename yours/],
    [{}, (app) => app.decorate('auth', {} as never), /scope of its own/],
    [{}, (app) => app.decorateRequest('identity', null), /scope of its own/],
    [{ jwt: { secret } }, (app) => app.decorateRequest('jwtVerify', null as never), /"jwt" to false/],
    [{ session: { key } }, (app) => app.decorateRequest('session', null as never), /other session plugin/],
    [{ session: { key } }, (app) => app.decorateReply('setCookie', null as never), /before @seaworthy\/auth/]
  ]
  for (const [options, add, remedy] of later) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(auth, options)
    t.throws(() => add(app), { message: /@seaworthy\/auth, which is registered already/ })
    t.throws(() => add(app), { message: remedy })

    if (remedy.source !== 'scope of its own') continue
    const other = Fastify()
    add(other)
    const start = async (): Promise<void> => {
      void other.register(auth, options)
      await other.ready()
    }
    await t.rejects(start, { message: /which @seaworthy\/auth needs/ })
  }
})

t.test('a plugin with a callback whose decorator is taken makes the start reject', async (t) => {
  const withCallback = fp((instance: FastifyInstance, _options: object, done: () => void) => {
    instance.decorate('auth', (() => undefined) as never)
    done()
  })
  for (const isAwaited of [true, false]) {
    const { app } = await guarded(t)
    const start = async (): Promise<void> => {
      if (isAwaited) await app.register(withCallback)
      else void app.register(withCallback)
      await app.ready()
    }
    await t.rejects(start(), { code: 'FST_ERR_DEC_ALREADY_PRESENT', message: /remove @fastify\/auth/ })
  }
})

t.test("a collision of other plugins keeps Fastify's error", async (t) => {
  const { app } = await guarded(t)
  app.decorate('database', {})
  t.throws(() => app.decorate('database', {}), {
    message: "The decorator 'database' has already been added!"
  })
})

t.test('a decorator of the app from before makes the start reject, and not the process end', async (t) => {
  const session = { key: randomBytes(32) }
  const before: [add: (app: FastifyInstance) => unknown, remedy: RegExp][] = [
    [(app) => app.decorateRequest('user', null as never), /"user".*request\.user/],
    [(app) => app.decorateRequest('jwtVerify', null as never), /"jwtVerify".*"jwt" to false/],
    [(app) => app.decorateReply('jwtSign', null as never), /"jwtSign".*"jwt" to false/],
    [(app) => app.decorate('jwt', null as never), /"jwt".*"jwt" to false/],
    [(app) => app.decorateRequest('session', null as never), /"session".*"session" to false/],
    [(app) => app.decorateReply('setCookie', null as never), /"setCookie".*@fastify\/cookie/]
  ]
  for (const [add, remedy] of before) {
    const app = Fastify()
    t.teardown(() => app.close())
    add(app)
    const start = async (): Promise<void> => {
      void app.register(auth, { jwt: { secret }, session })
      await app.ready()
    }
    await t.rejects(start, { message: remedy })
  }
})
