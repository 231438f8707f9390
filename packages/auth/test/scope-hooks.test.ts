import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { auth } from '../src/index.ts'
import { bearer, secret } from './helpers.ts'

const stages = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const
type Stage = (typeof stages)[number]

async function build(t: Test, options: object = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, {
    jwt: { secret },
    roles: { admin: ['editor'], editor: [] },
    defaultDeny: true,
    ...options
  })
  return app
}

/** The access that the matrix has, and the responses without a token, to an editor and to an admin. */
async function observed(app: FastifyInstance, url: string) {
  const row = app.auth.matrix().find((each) => each.url === url && each.method === 'GET')
  const tokens = await Promise.all(
    [['editor'], ['admin']].map(
      async (roles) => (await app.auth.issueTokens({ sub: 'ada', roles })).accessToken
    )
  )
  const codes = [(await app.inject(url)).statusCode]
  for (const token of tokens) codes.push((await app.inject({ url, headers: bearer(token) })).statusCode)
  return { access: row?.access, roles: row?.roles, codes }
}

const ok = async () => 'ok'
const forAdmins = { access: 'restricted', roles: ['admin'], codes: [401, 403, 200] }
const hook = (area: FastifyInstance, stage: Stage, guard: unknown) =>
  area.addHook(stage as 'onRequest', guard as never)

for (const stage of stages) {
  t.test(`a guard in ${stage} of a scope is the rule of its routes, in any order and depth`, async (t) => {
    const app = await build(t)
    app.register(async (area) => {
      area.get('/before', ok)
      hook(area, stage, app.authorize('admin'))
      area.get('/after', ok)
      area.register(async (inner) => {
        inner.get('/inner', ok)
        inner.register(async (deepest) => void deepest.get('/deepest', ok), { prefix: '/d' })
      })
      area.register(fp(async (same) => void same.get('/plugin', ok)))
      area.route({ method: ['GET', 'POST'], url: '/methods', handler: ok })
    })
    await app.ready()
    for (const url of ['/before', '/after', '/inner', '/d/deepest', '/plugin', '/methods'])
      t.same(await observed(app, url), forAdmins, url)
  })

  t.test(`a guard in ${stage} from a plugin of the scope, or from the root, counts too`, async (t) => {
    const app = await build(t)
    const guard = fp(async (area: FastifyInstance) => void hook(area, stage, area.authorize('admin')))
    app.register(async (area) => {
      await area.register(guard)
      area.get('/by-plugin', ok)
    })
    app.register(async (area) => void area.get('/by-root', ok))
    app.register(async (root) => void root.get('/other', { config: { auth: { roles: 'editor' } } }, ok))
    await app.ready().then(
      () => t.fail('the route of another scope has no guard'),
      (error: Error) => t.match(error.message, /got none on GET \/by-root, HEAD \/by-root$/)
    )

    const whole = await build(t)
    hook(whole, stage, whole.authorize('admin'))
    whole.register(async (area) => void area.get('/by-root', ok))
    whole.get('/both', { config: { auth: { roles: 'editor' } } }, ok)
    await whole.ready()
    t.same(await observed(whole, '/by-root'), forAdmins)
    t.same(await observed(whole, '/both'), { ...forAdmins, roles: ['editor', 'admin'] })
  })

  t.test(`a guard in a list of ${stage} of a route counts`, async (t) => {
    const app = await build(t)
    const before = stage === 'preParsing' ? async (_r: unknown, _p: unknown, payload: unknown) => payload : async () => undefined // prettier-ignore
    app.get('/list', { [stage]: [before, app.authorize('admin'), before] }, ok)
    app.get('/two', { [stage]: [app.authorize('editor'), app.authorize('admin')] }, ok)
    await app.ready()
    t.same(await observed(app, '/list'), forAdmins)
    t.same(await observed(app, '/two'), { ...forAdmins, roles: ['editor', 'admin'] })
  })
}

for (const stage of ['preSerialization', 'onSend', 'onResponse', 'onError'] as const) {
  t.test(`a guard in ${stage} comes after the handler, so it is no rule`, async (t) => {
    const app = await build(t)
    app.register(async (area) => {
      area.addHook(stage as 'onResponse', app.authorize('admin') as never)
      area.get('/late', ok)
    })
    await t.rejects(async () => app.ready(), { code: 'INVALID_OPTION', message: new RegExp(stage) })
  })
}

t.test('scopes beside each other have nothing of each other, and outer guards stay', async (t) => {
  const app = await build(t)
  app.register(async (outer) => {
    outer.addHook('onRequest', app.authenticate)
    outer.register(async (admins) => {
      admins.addHook('preHandler', app.authorize('admin'))
      admins.get('/admins', ok)
    })
    outer.register(async (users) => void users.get('/users', ok))
    outer.get('/public', { config: { auth: false } }, ok)
  })
  await app.ready()
  t.same(await observed(app, '/admins'), forAdmins)
  t.same(await observed(app, '/users'), { access: 'authenticated', roles: [], codes: [401, 200, 200] })
  t.same(await observed(app, '/public'), { access: 'authenticated', roles: [], codes: [401, 200, 200] }, 'the matrix tells what holds') // prettier-ignore
})

t.test(
  'areas that are registered without await, before and after the plugin, have their guards',
  async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    void app.register(auth, { jwt: { secret }, roles: ['admin', 'editor'], defaultDeny: true })
    void app.register(async (area) => {
      area.addHook('onRequest', area.authorize('admin'))
      area.get('/late', ok)
    })
    await app.ready()
    t.same(await observed(app, '/late'), forAdmins)
  }
)

t.test('two registrations of the plugin keep their guards apart', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const found: Record<string, unknown> = {}
  for (const name of ['shop', 'blog']) {
    void app.register(async (scope) => {
      await scope.register(auth, { jwt: { secret, issuer: name }, defaultDeny: true })
      scope.register(async (area) => {
        area.addHook('preValidation', scope.authorize(name))
        area.get(`/${name}`, ok)
      })
      scope.addHook(
        'onReady',
        async () => void (found[name] = scope.auth.matrix().map(({ url, roles }) => [url, roles]))
      )
    })
  }
  await app.ready()
  t.match(found, { shop: [['/shop', ['shop']]], blog: [['/blog', ['blog']]] })
})
