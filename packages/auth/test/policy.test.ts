import t, { type Test } from 'tap'
import Fastify from 'fastify'
import fc from 'fast-check'
import { auth, type AuthOptions } from '../src/index.ts'
import { bearer, guardedApp, secret, type GuardedApp } from './helpers.ts'

const hierarchy = { admin: ['editor'], editor: ['reader'], reader: [], auditor: [] }

const tokenFor = async ({ app }: GuardedApp, claims: object) =>
  (await app.auth.issueTokens({ sub: 'u1', ...claims })).accessToken
const make = (t: Test, more: AuthOptions = {}) => guardedApp(t, { jwt: { secret }, ...more })

t.test('an anonymous request gets 401, one without the role 403, and no handler runs', async (t) => {
  const made = await make(t)
  made.route('DELETE', '/hook', { onRequest: made.app.authorize('admin') })
  made.route('DELETE', '/declared', { config: { auth: { roles: 'admin', scopes: 'things:delete' } } })
  const token = await tokenFor(made, { roles: ['reader'] })
  for (const url of ['/hook', '/declared']) {
    t.equal((await made.app.inject({ method: 'DELETE', url })).statusCode, 401)
    const rejected = await made.app.inject({ method: 'DELETE', url, headers: bearer(token) })
    t.equal(rejected.statusCode, 403)
    t.equal(rejected.json().code, 'AUTH_FORBIDDEN')
    t.match(rejected.headers['www-authenticate'], /error="insufficient_scope"/)
  }
  t.equal(made.runs(), 0)
})

t.test('a route allows exactly the users whose role is or includes a required one', async (t) => {
  const names = Object.keys(hierarchy)
  const included: Record<string, string[]> = {
    admin: names.slice(0, 3),
    editor: ['editor', 'reader'],
    reader: ['reader'],
    auditor: ['auditor']
  }
  const made = await make(t, { roles: hierarchy })
  const requirements = fc.sample(fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }), 12)
  for (const [index, roles] of requirements.entries())
    made.route('GET', `/r${index}`, { config: { auth: { roles } } })
  const grantedRoles = fc.uniqueArray(fc.constantFrom(...names, 'Admin', 'adm', 'administrator'))
  await fc.assert(
    fc.asyncProperty(grantedRoles, fc.nat(requirements.length - 1), async (roles, index) => {
      const before = made.runs()
      const expected = roles.some((role) =>
        included[role]?.some((name) => requirements[index]!.includes(name))
      )
      const headers = bearer(await tokenFor(made, { roles }))
      const { statusCode } = await made.app.inject({ url: `/r${index}`, headers })
      return statusCode === (expected ? 200 : 403) && made.runs() - before === (expected ? 1 : 0)
    }),
    { numRuns: 150 }
  )
})

t.test('a role as a string, in a list or as `role` is one whole name', async (t) => {
  const made = await make(t)
  made.route('GET', '/', { onRequest: made.app.authorize('admin') })
  const cases: [object, number][] = [
    [{ roles: 'admin' }, 200],
    [{ roles: ['admin'] }, 200],
    [{ role: 'admin' }, 200],
    [{ roles: 'administrator' }, 403],
    [{ roles: 'reader,admin' }, 403],
    [{ roles: { admin: true } }, 403],
    [{}, 403]
  ]
  for (const [claims, status] of cases) {
    const headers = bearer(await tokenFor(made, claims))
    t.equal((await made.app.inject({ url: '/', headers })).statusCode, status, JSON.stringify(claims))
  }
})

t.test('all scopes are needed', async (t) => {
  const made = await make(t)
  made.route('GET', '/', { config: { auth: { scopes: ['a', 'b'] } } })
  for (const [scope, status] of [
    ['a b c', 200],
    ['a', 403],
    ['ab', 403]
  ] as const) {
    const headers = bearer(await tokenFor(made, { scope }))
    t.equal((await made.app.inject({ url: '/', headers })).statusCode, status, scope)
  }
})

t.test('a scope that no header can have is needed too, and left out of the challenge', async (t) => {
  for (const scope of ['文書', 'a"b']) {
    const made = await make(t)
    made.route('GET', '/', { config: { auth: { scopes: [scope] } } })
    const responseTo = async (held: string) =>
      made.app.inject({ url: '/', headers: bearer(await tokenFor(made, { scope: held })) })
    const denied = await responseTo('read')
    t.match(denied, { statusCode: 403, headers: { 'www-authenticate': /"insufficient_scope"$/ } })
    t.match(denied.json(), { code: 'AUTH_FORBIDDEN' })
    t.equal((await responseTo(scope)).statusCode, 200)
  }
})

t.test('an owner policy gets validated input, and allows only by returning true', async (t) => {
  const made = await make(t, {
    policies: {
      owner: async (request, { identity, hasRole }) =>
        hasRole('admin') || (request.params as { id: number }).id === Number(identity.subject),
      truthy: () => 1 as unknown as boolean,
      broken: () => {
        throw new Error('the database is down')
      }
    }
  })
  const schema = { params: { type: 'object', properties: { id: { type: 'integer' } } } }
  made.route('GET', '/users/:id', { schema, config: { auth: { owner: 'owner' } } })
  made.route('GET', '/truthy', { config: { auth: { policies: 'truthy' } } })
  made.route('GET', '/broken', { config: { auth: { policies: 'broken' } } })
  const get = async (url: string, claims: object) =>
    (await made.app.inject({ url, headers: bearer(await tokenFor(made, claims)) })).statusCode
  t.equal(await get('/users/7', { sub: '7' }), 200)
  t.equal(await get('/users/8', { sub: '7' }), 403)
  t.equal(await get('/users/8', { sub: '7', roles: ['admin'] }), 200)
  const before = made.runs()
  t.equal(await get('/truthy', {}), 403)
  t.equal(await get('/broken', {}), 500)
  t.equal(made.runs(), before)
})

t.test('defaultDeny stops the start with an error that names the route without a rule', async (t) => {
  const made = await make(t, { defaultDeny: true })
  made.route('GET', '/public', { config: { auth: false } })
  made.route('GET', '/probe', { config: { operational: 'probe' } })
  made.route('POST', '/forgotten')
  await t.rejects(async () => made.app.ready(), { message: /defaultDeny.*POST \/forgotten/ })
})

t.test('defaultDeny allows requests to routes with a rule', async (t) => {
  const made = await make(t, { defaultDeny: true })
  made.route('GET', '/public', { config: { auth: false } })
  made.route('GET', '/marked', { config: { auth: true } })
  made.route('GET', '/hooked', { onRequest: made.app.authenticate })
  made.route('GET', '/probe', { config: { operational: 'probe' } })
  const headers = bearer(await tokenFor(made, {}))
  const get = async (url: string, headers = {}) => (await made.app.inject({ url, headers })).statusCode
  t.equal(await get('/public'), 200)
  t.equal(await get('/probe'), 200)
  t.equal(await get('/nowhere'), 404)
  for (const url of ['/marked', '/hooked']) {
    t.equal(await get(url), 401)
    t.equal(await get(url, headers), 200)
  }
  t.equal(made.runs(), 4)
})

t.test("with mode 'report' defaultDeny names the routes without a rule, and they stay open", async (t) => {
  const lines: { level: number; msg: string }[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) }
  const app = Fastify({ logger: { stream } })
  t.teardown(() => app.close())
  // Not awaited, so that it loads after the route.
  void app.register(auth, { defaultDeny: true, mode: 'report' })
  app.get('/early', async () => 'in')
  app.register(async (scope) => scope.post('/forgotten', async () => 'in'))
  await app.ready()
  t.match(
    lines.filter(({ level }) => level === 40),
    [{ msg: /^auth: "defaultDeny" would stop the start: POST \/forgotten have no access rule/ }]
  )
  t.equal((await app.inject({ method: 'POST', url: '/forgotten' })).statusCode, 200)
  t.equal((await app.inject('/early')).statusCode, 200)
})

t.test('roles may be a list', async (t) => {
  const made = await make(t, { roles: hierarchy })
  made.route('GET', '/list', { onRequest: made.app.authorize(['admin', 'auditor']) })
  const get = async (roles: string[]) =>
    (await made.app.inject({ url: '/list', headers: bearer(await tokenFor(made, { roles })) })).statusCode
  t.equal(await get(['auditor']), 200)
  t.equal(await get(['reader']), 403)
  t.throws(() => made.app.authorize([]), /at least one role/)
})

t.test('a route added before the plugin is closed unless it is public by decision', async (t) => {
  const shared: [config: object | undefined, status: number][] = [
    [{ auth: true }, 403],
    [{ auth: { roles: 'admin' } }, 403],
    [{ auth: { optional: true } }, 403],
    [{ auth: false }, 200],
    [{ operational: 'probe' }, 200],
    [{}, 403],
    [undefined, 403]
  ]
  for (const defaultDeny of [false, true]) {
    const app = Fastify()
    t.teardown(() => app.close())
    // Not awaited, so that it loads after the routes.
    void app.register(auth, { jwt: { secret }, defaultDeny })
    shared.forEach(([config], index) => app.get(`/${index}`, config ? { config } : {}, async () => 'in'))
    await app.ready()
    const { accessToken } = await app.auth.issueTokens({ sub: 'ada', roles: ['admin'] })
    for (const headers of [{}, bearer(accessToken)]) {
      for (const [index, [config, status]] of shared.entries()) {
        const response = await app.inject({ url: `/${index}`, headers })
        t.equal(response.statusCode, status, JSON.stringify(config))
        if (response.statusCode === 403) t.equal(response.json().code, 'AUTH_UNMARKED_ROUTE')
      }
    }
  }
})

t.test('app.authenticate works as a hook of each phase', async (t) => {
  const made = await make(t)
  const phases = ['onRequest', 'preParsing', 'preValidation', 'preHandler']
  for (const phase of phases) made.route('POST', `/${phase}`, { [phase]: made.app.authenticate })
  const headers = bearer(await tokenFor(made, {}))
  for (const phase of phases) {
    const post = (headers = {}) =>
      made.app.inject({ method: 'POST', url: `/${phase}`, payload: { a: 1 }, headers })
    t.match(await post(), { statusCode: 401, headers: { 'www-authenticate': /Bearer/ } }, phase)
    t.equal((await post(headers)).statusCode, 200, phase)
  }
  t.equal(made.runs(), phases.length)
})

t.test(
  'report mode allows and reports requests that it would deny, but requires authentication',
  async (t) => {
    const events: string[] = []
    const made = await make(t, { mode: 'report', onAudit: ({ outcome }) => events.push(outcome) })
    made.route('GET', '/', { onRequest: made.app.authorize('admin') })
    t.equal((await made.app.inject('/')).statusCode, 401)
    const headers = bearer(await tokenFor(made, {}))
    t.equal((await made.app.inject({ url: '/', headers })).statusCode, 200)
    t.ok(events.includes('would_deny'))
    t.equal(made.runs(), 1)
  }
)

t.test('an optional route allows anonymous requests and rejects invalid credentials', async (t) => {
  const made = await make(t)
  made.route('GET', '/', { config: { auth: { optional: true } } }, (request: { user: unknown }) => ({
    user: request.user
  }))
  t.same((await made.app.inject('/')).json(), { user: null })
  t.equal((await made.app.inject({ url: '/', headers: bearer('a.b.c') })).statusCode, 401)
})

t.test('the matrix lists the access rule of each route', async (t) => {
  const made = await make(t)
  made.route('GET', '/public', { config: { auth: false } })
  made.route('GET', '/open')
  made.route('DELETE', '/things', { config: { auth: { roles: 'admin' } } })
  made.route('PUT', '/me', { onRequest: made.app.authenticate })
  await made.app.ready()
  const rows = made.app.auth.matrix()
  const access = Object.fromEntries(rows.map((row) => [`${row.method} ${row.url}`, row.access]))
  t.match(access, {
    'GET /public': 'public',
    'GET /open': 'unmarked',
    'DELETE /things': 'restricted',
    'PUT /me': 'authenticated'
  })
  t.match(made.app.auth.printMatrix(), /DELETE\s+\/things\s+restricted\s+jwt\s+roles: admin/)
})

t.test('audit events have no token', async (t) => {
  const events: unknown[] = []
  const made = await make(t, { onAudit: (event) => events.push(event) })
  made.route('GET', '/', { onRequest: made.app.authenticate })
  const pair = await made.app.auth.issueTokens({ sub: 'u1' })
  await made.app.inject({ url: '/', headers: bearer(pair.accessToken) })
  await made.app.inject({ url: '/', headers: bearer(`${pair.accessToken}x`) })
  const text = JSON.stringify(events)
  t.match(events, [{ type: 'token_issued' }, { outcome: 'allowed' }, { outcome: 'unauthenticated' }])
  t.notOk(text.includes(pair.accessToken.split('.')[2]!) || text.includes(pair.refreshToken))
})
