import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { auth, type AuthOptions, type AuditEvent, type MatrixRow } from '../src/index.ts'
import { bearer, captureLog, cookieOf, guardedApp, observabilityPorts, secret } from './helpers.ts'

t.test('an error of onAudit, thrown or rejected, is logged and changes no response', async (t) => {
  const { lines, logger } = captureLog('error')
  const failures: AuthOptions['onAudit'][] = [
    () => {
      throw new Error('thrown')
    },
    async () => {
      throw new Error('rejected')
    }
  ]
  for (const onAudit of failures) {
    const app = Fastify({ logger })
    t.teardown(() => app.close())
    await app.register(auth, { jwt: { secret }, ...(onAudit && { onAudit }) })
    app.get('/me', { onRequest: app.authenticate }, async () => 'me')
    t.match(await app.inject('/me'), { statusCode: 401 })
  }
  const logged = lines.map((line) => JSON.parse(line) as { msg: string; err: { message: string } })
  t.match(logged, [{ err: { message: 'thrown' } }, { err: { message: 'rejected' } }])
  for (const { msg } of logged) t.match(msg, 'auth: "onAudit" threw')
})

t.test('neither log nor events have a token, key, cookie or password', async (t) => {
  const { lines, logger } = captureLog('trace')
  const events: AuditEvent[] = []
  const app: FastifyInstance = Fastify({ logger })
  t.teardown(() => app.close())
  app.addHook('onSend', async (_request, _reply, payload) => payload)
  const kept = new Map<string, { hash: string; sub: string }>()
  await app.register(auth, {
    jwt: { secret, refreshGrace: 0 },
    session: { key: randomBytes(32) },
    apiKeys: { find: (id) => kept.get(id) },
    login: { attempts: 2, delay: 60_000, cost: 14 },
    onAudit: (event) => events.push(event)
  })
  app.get('/me', { onRequest: app.authenticate }, async () => 'me')
  app.delete('/admin', { onRequest: app.authorize('admin') }, async () => 'gone')
  app.post<{ Body: { password: string } }>('/login', async (request) => {
    const find = () => ({ passwordHash })
    await app.auth.verifyCredentials(request, { account: 'ada', ...request.body, find })
    request.session.set('user', { sub: 'ada' })
    return 'in'
  })
  const password = randomBytes(12).toString('hex')
  const wrong = randomBytes(12).toString('hex')
  const passwordHash = await app.auth.hashPassword(password)
  const apiKey = app.auth.apiKeys.create()
  kept.set(apiKey.id, { hash: apiKey.hash, sub: 'robot' })

  const first = await app.auth.issueTokens({ sub: 'ada' })
  const second = await app.auth.refresh(first.refreshToken)
  const forged = `${second.accessToken.slice(0, -8)}AAAAAAAA`
  await app.inject({ url: '/me', headers: bearer(second.accessToken) })
  await app.inject({ url: '/me', headers: bearer(forged) })
  await app.inject({ method: 'DELETE', url: '/admin', headers: bearer(second.accessToken) })
  await t.rejects(app.auth.refresh(first.refreshToken))
  await app.inject({ url: '/me', headers: bearer(second.accessToken) })
  const login = (typed: string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url: '/login', payload: { password: typed }, headers })
  const cookie = cookieOf((await login(password)).headers)
  const changed = `${cookie.slice(0, -4)}AAAA`
  await app.inject({ url: '/me', headers: { cookie } })
  await app.inject({ url: '/me', headers: { cookie: changed } })
  await login(password, { cookie, 'sec-fetch-site': 'cross-site' })
  for (let round = 0; round < 3; round++) await login(wrong)
  await app.inject({ url: '/me', headers: { 'x-api-key': apiKey.key } })
  await app.inject({ url: '/me', headers: { 'x-api-key': `${apiKey.key.slice(0, -4)}AAAA` } })
  await app.auth.revoke({ user: 'ada' })

  const seen = new Set(events.map(({ type, outcome }) => `${type} ${outcome}`))
  for (const expected of [
    'token_issued ok', 'token_refreshed rotated', 'refresh_reused login_ended', 'access allowed', 'access denied',
    'access unauthenticated', 'login ok', 'login failed', 'login slowed', 'session_started login', 'csrf denied',
    'session_ended all_revoked', 'revoked user'
  ]) t.ok(seen.has(expected), expected) // prettier-ignore

  const text = lines.join('') + JSON.stringify(events)
  const secrets: Record<string, string> = {
    'the secret': secret,
    password,
    'the wrong password': wrong,
    'the hash': passwordHash.split('$').at(-1)!,
    'the key': apiKey.key.split('_').slice(2).join('_').slice(0, 20),
    'its hash': apiKey.hash,
    cookie: cookie.split('=')[1]!.slice(0, 24),
    ...Object.fromEntries(
      [first, second].flatMap(({ accessToken, refreshToken }, index) => [
        [`payload ${index}`, accessToken.split('.')[1]!.slice(0, 40)],
        [`signature ${index}`, accessToken.split('.')[2]!.slice(0, 20)],
        [`refresh token ${index}`, refreshToken.split('.')[1]!.slice(0, 20)]
      ])
    )
  }
  t.match(text, /"type":"access"/, 'the log has events')
  for (const [name, value] of Object.entries(secrets)) {
    t.ok(value.length >= 16, name)
    t.notOk(text.includes(value), name)
  }
})

/** An app with the ports of observability. */
async function withObservability(t: Test, options: AuthOptions) {
  const { plugin, counts, routes } = observabilityPorts()
  const app: FastifyInstance = Fastify()
  t.teardown(() => app.close())
  await app.register(plugin)
  await app.register(auth, options)
  return { app, counts, routes }
}

t.test('the management listener serves the matrix as JSON and as text', async (t) => {
  const { app, routes } = await withObservability(t, {
    jwt: { secret },
    apiKeys: { find: () => null },
    policies: { mood: () => true }
  })
  app.delete(
    '/things/:id',
    {
      config: { auth: { schemes: { all: ['jwt', 'apiKey'] }, roles: 'admin', scopes: 'a', policies: 'mood' } }
    },
    async () => 'x'
  )
  app.get('/open', { config: { auth: false } }, async () => 'x')
  await app.ready()
  const management = Fastify()
  t.teardown(() => management.close())
  for (const route of routes) management.route(route)

  const json = (await management.inject('/auth/matrix')).json<MatrixRow[]>()
  t.match(
    json.filter(({ url }) => url === '/things/:id'),
    [
      {
        method: 'DELETE',
        access: 'restricted',
        schemes: 'all(jwt, apiKey)',
        roles: ['admin'],
        scopes: ['a'],
        policies: ['mood']
      }
    ]
  )
  const text = await management.inject({ url: '/auth/matrix', headers: { accept: 'text/plain' } })
  t.match(text.headers['content-type'], /^text\/plain/)
  t.match(
    text.body,
    /DELETE +\/things\/:id +restricted +all\(jwt, apiKey\) +roles: admin; scopes: a; policies: mood/
  )
  t.match(text.body, /GET +\/open +public/)
  t.equal(text.body, app.auth.printMatrix())
})

t.test('a route in report mode allows, logs and counts denials, and other routes deny', async (t) => {
  const { app, counts } = await withObservability(t, { jwt: { secret }, policies: { never: () => false } })
  const report = { mode: 'report' as const }
  app.get('/role', { config: { auth: { ...report, roles: 'admin' } } }, async () => 'x')
  app.get('/scope', { config: { auth: { ...report, scopes: 'a' } } }, async () => 'x')
  app.get('/policy', { config: { auth: { ...report, policies: 'never' } } }, async () => 'x')
  app.get('/owner', { config: { auth: { ...report, owner: 'never' } } }, async () => 'x')
  app.get('/enforced', { config: { auth: { roles: 'admin' } } }, async () => 'x')
  const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
  const status = async (url: string, headers = bearer(accessToken)) =>
    (await app.inject({ url, headers })).statusCode
  for (const url of ['/role', '/scope', '/policy', '/owner']) {
    t.equal(await status(url), 200, url)
    t.equal(await status(url, bearer('a.b.c')), 401, 'authentication is required')
  }
  t.equal(await status('/enforced'), 403)
  t.equal(counts.get('auth_decisions_total jwt would_deny'), 4)
  t.equal(counts.get('auth_decisions_total jwt denied'), 1)
  t.match(app.auth.printMatrix(), /\/role +restricted \(report only\)/)
})

t.test('only a valid API key authenticates', async (t) => {
  const kept = new Map<string, object>()
  const made = await guardedApp(t, { apiKeys: { find: async (id) => kept.get(id) as never, prefix: 'acme' } })
  made.route('DELETE', '/job', { config: { auth: { schemes: 'apiKey', roles: 'robot' } } })
  await made.app.ready()
  const { key, id, hash } = made.app.auth.apiKeys.create()
  const other = made.app.auth.apiKeys.create()
  const ask = async (text: string) =>
    made.app.inject({ method: 'DELETE', url: '/job', headers: { 'x-api-key': text } })
  t.match(key, /^acme_[0-9a-f]{16}_[\w-]{43}[0-9A-Za-z]{6}$/)
  const record = { hash, sub: 'robot', roles: ['robot'] }
  kept.set(id, record)
  t.equal((await ask(key)).statusCode, 200)

  const ran = made.runs()
  const swapped = key.replace(id, other.id)
  for (const bad of [
    '',
    'x',
    key.toUpperCase(),
    ` ${key}x`,
    `${key}=`,
    key.slice(0, -1),
    other.key,
    swapped
  ]) {
    const { statusCode, headers } = await ask(bad)
    t.equal(statusCode, 401, bad)
    t.match(headers['www-authenticate'], /^ApiKey realm="api", error="invalid_key"/)
  }
  const records: [object | null, number][] = [
    [null, 401],
    [{ ...record, expiresAt: Date.now() - 1 }, 401],
    [{ ...record, expiresAt: '2020-01-01' }, 401],
    [{ ...record, expiresAt: new Date(0) }, 401],
    [{ ...record, expiresAt: 'soon' }, 401],
    [{ ...record, expiresAt: NaN }, 401],
    [{ ...record, expiresAt: new Date(Date.now() + 60_000).toISOString() }, 200],
    [{ ...record, expiresAt: null }, 200],
    [{ ...record, hash: '' }, 401],
    [{ ...record, hash: other.hash }, 401],
    [{ ...record, roles: [] }, 403],
    [{ ...record, hash: 7 }, 500]
  ]
  for (const [kept_, status] of records) {
    if (kept_) kept.set(id, kept_)
    else kept.delete(id)
    t.equal((await ask(key)).statusCode, status, JSON.stringify(kept_))
  }
  t.equal(made.runs(), ran + records.filter(([, status]) => status === 200).length)
})
