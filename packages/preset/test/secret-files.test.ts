// Secrets in files that change while the app runs.
import './parts.ts'
import { createHmac, randomBytes } from 'node:crypto'
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { requires, startNode, startRedis, temporaryFolder, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { fromEnv, seaworthy, secretFromFile, serverOptions, type SeaworthyOptions } from '../src/index.ts'

const newSecret = () => randomBytes(33).toString('base64')
type Line = Record<string, unknown> & { msg: string }

/** A mount of Kubernetes: files are links through `..data`, which is exchanged at once. */
function mountedSecrets(t: Test, first: Record<string, string>) {
  const folder = temporaryFolder(t)
  let version = 0
  const mount = (files: Record<string, string>) => {
    const name = `..version_${++version}`
    mkdirSync(join(folder, name))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text)
    symlinkSync(name, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  }
  mount(first)
  for (const file of Object.keys(first)) symlinkSync(`..data/${file}`, join(folder, file))
  return { path: (file: string) => join(folder, file), mount }
}

async function start(t: Test, options: SeaworthyOptions) {
  const lines: Line[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  const all = { ...options, shutdown: { exit: false, drainDelay: 0 } } as SeaworthyOptions
  const app: FastifyInstance = Fastify(serverOptions(all, { logger: { stream } }) as object)
  t.teardown(() => app.close())
  await app.register(seaworthy, all)
  app.get('/me', { onRequest: app.authenticate }, async ({ user }) => user)
  app.post('/login', { config: { auth: false } }, async (request) => {
    request.session.set('user', { id: 'ada' })
    return 'in'
  })
  await app.ready()
  const me = async (headers: Record<string, string>) =>
    (await app.inject({ url: '/me', headers: { ...headers, 'x-forwarded-proto': 'https' } })).statusCode
  const withToken = async (token: string) => me({ authorization: `Bearer ${token}` })
  const token = async () => (await app.auth.issueTokens({ sub: 'ada' })).accessToken
  const linesLike = (pattern: RegExp) => lines.filter(({ msg }) => pattern.test(msg))
  return { app, me, withToken, token, linesLike, lines }
}

/** A token as another process of the service signs it, which has the new secret already. */
const issueWith = async (app: FastifyInstance, secret: string): Promise<string> =>
  app.jwt.sign({ sub: 'ada' }, { key: secret })

/** Whether a secret has signed a token. */
const isSignedBy = (token: string, secret: string): boolean => {
  const [header, claims, signature] = token.split('.')
  return createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url') === signature
}

t.test('a new secret in a mount signs in all apps, and tokens of the old one stay valid', async (t) => {
  const [first, second, third] = [newSecret(), newSecret(), newSecret()]
  const { path, mount } = mountedSecrets(t, { jwt: `${first}\n` })
  const config = fromEnv({ NODE_ENV: 'development', JWT_SECRET_FILE: path('jwt') })
  const printed = `${inspect(config, { depth: 9, showHidden: true })}${JSON.stringify(config)}`
  t.notMatch(printed, first)
  const apps = [await start(t, config), await start(t, config)]
  const tokens = [await apps[0]!.token()]
  for (const secret of [second, third]) {
    mount({ jwt: secret })
    const early = await issueWith(apps[1]!.app, secret)
    await until('the first to accept it', async () => (await apps[0]!.withToken(early)) === 200)
    for (const { token } of apps) await until('the new secret', async () => isSignedBy(await token(), secret))
    t.equal(config.env.JWT_SECRET?.reveal(), secret)
    tokens.push(await apps[1]!.token())
    for (const { withToken } of apps) for (const token of tokens) t.equal(await withToken(token), 200)
  }
  for (const { linesLike, lines } of apps) {
    t.equal(linesLike(/^auth: key_rotated ok$/).length, 2)
    for (const secret of [first, second, third]) t.notMatch(JSON.stringify(lines), secret)
  }
})

t.test('a file that is written in place rotates the key of sessions and of signed cookies', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'session')
  writeFileSync(file, randomBytes(32).toString('hex'))
  const { app, me, linesLike } = await start(
    t,
    fromEnv({ NODE_ENV: 'development', SESSION_SECRET_FILE: file })
  )
  const login = async () => {
    const { cookies } = await app.inject({ method: 'POST', url: '/login' })
    return `${cookies[0]!.name}=${cookies[0]!.value}`
  }
  const before = await login()
  const signed = app.signCookie('a')
  writeFileSync(file, `${randomBytes(32).toString('base64')}\n`)
  await until('the new key', () => linesLike(/^auth: key_rotated ok$/).length === 1)
  t.equal(await me({ cookie: before }), 200, 'a session from before')
  t.equal(await me({ cookie: await login() }), 200)
  t.not(app.signCookie('a'), signed)
  t.match(app.unsignCookie(signed), { valid: true, renew: true, value: 'a' })
})

t.test('a file that cannot be used keeps the old value, with one line that shows no value', async (t) => {
  const [first, next] = [newSecret(), newSecret()]
  const { path, mount } = mountedSecrets(t, { jwt: first })
  const config = fromEnv({ NODE_ENV: 'development', JWT_SECRET_FILE: path('jwt') })
  const { token, withToken, linesLike, lines } = await start(t, config)
  const old = await token()
  const bad = ['too-short', 'change-me-change-me-change-me-change-me']
  for (const [index, text] of bad.entries()) {
    mount({ jwt: text })
    await until('the line', () => linesLike(/cannot be used/).length > index)
  }
  t.equal(linesLike(/cannot be used/).length, 2)
  t.match(linesLike(/cannot be used/)[0], {
    level: 40,
    path: path('jwt'),
    reason: 'JWT_SECRET must be text of at least 32 characters'
  })
  for (const text of bad) t.notMatch(JSON.stringify(lines), text)
  t.equal(config.env.JWT_SECRET?.reveal(), first)
  t.ok(isSignedBy(await token(), first))
  mount({ jwt: next })
  await until('a good one', async () => isSignedBy(await token(), next))
  t.equal(await withToken(old), 200)
})

t.test('a token of operators in a file, and a secret of the app, change with it', async (t) => {
  const [first, second] = [newSecret(), newSecret()]
  const { path, mount } = mountedSecrets(t, { token: first, database: 'before' })
  const schema = { properties: { DB_PASSWORD: { type: 'string', secret: true } } } as const
  const config = fromEnv(
    { NODE_ENV: 'development', METRICS_TOKEN_FILE: path('token'), DB_PASSWORD_FILE: path('database') },
    { schema }
  )
  const { app, linesLike } = await start(t, { ...config, auth: { jwt: { secret: newSecret() } } })
  const scrape = async (token: string) =>
    (await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${token}` } })).statusCode
  t.equal(await scrape(first), 200)
  mount({ token: second, database: 'after' })
  await until('the new values', () => linesLike(/a secret has changed in its file/).length === 2)
  t.strictSame([await scrape(second), await scrape(first)], [200, 401])
  t.equal(config.env.DB_PASSWORD?.reveal(), 'after')
})

t.test('an option takes a secret from a file', async (t) => {
  const { path, mount } = mountedSecrets(t, { jwt: newSecret() })
  const next = newSecret()
  const { token } = await start(t, { auth: { jwt: { secret: secretFromFile(path('jwt')) } } })
  mount({ jwt: next })
  await until('the new secret', async () => isSignedBy(await token(), next))
  t.throws(() => secretFromFile(path('absent')), { code: 'ENOENT' })
  writeFileSync(path('empty'), '\n')
  t.throws(() => secretFromFile(path('empty')), /empty/)
})

requires(['redis-server'], 'the next connection to Redis has the new password', async (t) => {
  const [first, second] = [newSecret(), newSecret()]
  const { port } = await startRedis(t)
  const admin = new Redis({ port })
  t.teardown(() => admin.disconnect())
  await admin.config('SET', 'requirepass', first)
  const { path, mount } = mountedSecrets(t, {
    url: `redis://:${encodeURIComponent(first)}@127.0.0.1:${port}`
  })
  const config = fromEnv({ NODE_ENV: 'development', REDIS_URL_FILE: path('url') })
  const { app, linesLike } = await start(t, { ...config, auth: { jwt: { secret: newSecret() } } })
  const store = () => app.security.store?.()
  await until('the connection', () => store()?.up)

  await admin.config('SET', 'requirepass', second)
  mount({ url: `redis://:${encodeURIComponent(second)}@127.0.0.1:${port}` })
  await until('the new password', () => linesLike(/a secret has changed/).length === 1)
  await admin.call('CLIENT', 'KILL', 'SKIPME', 'yes', 'TYPE', 'normal')
  const clients = async () => String(await admin.client('LIST')).match(/lib-name|addr=/g)?.length ?? 0
  await until('another connection', async () => (await clients()) > 1)
  await until('an answer', async () => (await app.inject('/health/ready')).json<Ready>().checks.redis)
  t.equal(linesLike(/Redis cannot be used.*WRONGPASS|NOAUTH/).length, 0)
})

interface Ready {
  checks: { redis?: boolean }
}

t.test('the watch ends when the app closes', async (t) => {
  const { path, mount } = mountedSecrets(t, { jwt: newSecret() })
  const env = { NODE_ENV: 'development', JWT_SECRET_FILE: path('jwt') }
  const config = fromEnv(env)
  const [closed, open] = [await start(t, config), await start(t, fromEnv(env))]
  const before = config.env.JWT_SECRET?.reveal()
  await closed.app.close()
  mount({ jwt: newSecret() })
  await until('the other app', () => open.linesLike(/^auth: key_rotated ok$/).length === 1)
  t.same(closed.linesLike(/key_rotated|has changed/), [])
  t.equal(config.env.JWT_SECRET?.reveal(), before)
})

t.test('the watch keeps no process alive', async (t) => {
  const { path } = mountedSecrets(t, { jwt: newSecret() })
  const script = join(import.meta.dirname, 'apps/secrets/ends-by-itself.js')
  const running = startNode(t, script, { env: { NODE_ENV: 'development', JWT_SECRET_FILE: path('jwt') } })
  t.match(await running.exit, { code: 0 })
  t.match(running.output(), 'ready')
})
