import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { secret } from './helpers.ts'
import { logoutApp } from './logout-provider.ts'

const never = new Promise<never>(() => undefined)

async function build(t: Test, options: AuthOptions) {
  // Requests by inject have no connection that keeps the process alive.
  const alive = setInterval(() => undefined, 60_000)
  t.teardown(() => clearInterval(alive))
  const lines: { msg: string; callback?: string }[] = []
  const write = (line: string): void => void lines.push(JSON.parse(line) as { msg: string })
  const app = Fastify({ logger: { level: 'info', stream: { write } } })
  t.teardown(() => app.close())
  await app.register(auth, { callbackTimeout: 20, ...options })
  app.get('/me', { config: { auth: true } }, async () => 'me')
  app.post('/refresh', { config: { auth: false } }, async (request) =>
    app.auth.refresh((request.body as { token: string }).token)
  )
  await app.ready()
  const ours = () => lines.map(({ msg }) => msg).filter((msg) => /^auth: ".*answer/.test(msg))
  return { app, ours }
}

t.test('a search for an API key that never ends gets 503, and one line for each change', async (t) => {
  let answer: Promise<null> | null = never
  const { app, ours } = await build(t, { apiKeys: { find: () => answer } })
  const key = app.auth.apiKeys.create().key
  const get = () => app.inject({ url: '/me', headers: { 'x-api-key': key } })
  for (let attempt = 0; attempt < 3; attempt++) {
    const response = await get()
    t.match(response, { statusCode: 503, headers: { 'retry-after': '1' } })
    t.match(response.json(), { code: 'AUTH_CALLBACK_TIMEOUT' })
    t.notMatch(response.body, /apiKeys/)
  }
  const line =
    'auth: "apiKeys.find" has not answered within 20 ms; its requests get 503; look at what it waits for, or raise "callbackTimeout"'
  t.strictSame(ours(), [line])
  answer = Promise.resolve(null)
  t.equal((await get()).statusCode, 401)
  t.strictSame(ours(), [line, 'auth: "apiKeys.find" answers in time again'])
  answer = null
  t.equal((await get()).statusCode, 401, 'no promise')
})

t.test('an error of the function stays what it is', async (t) => {
  const find = (): Promise<never> => Promise.reject(Object.assign(new Error('down'), { statusCode: 502 }))
  const { app } = await build(t, { apiKeys: { find } })
  const headers = { 'x-api-key': app.auth.apiKeys.create().key }
  t.equal((await app.inject({ url: '/me', headers })).statusCode, 502)
})

t.test('a refresh whose claims never come gets 503, and can be repeated', async (t) => {
  let claims: unknown = never
  const { app, ours } = await build(t, { jwt: { secret, refreshClaims: () => claims } })
  const { refreshToken } = await app.auth.issueTokens({ sub: 'ada' })
  const refresh = () => app.inject({ method: 'POST', url: '/refresh', payload: { token: refreshToken } })
  t.match((await refresh()).json(), { statusCode: 503, code: 'AUTH_CALLBACK_TIMEOUT' })
  t.match(ours(), [/"jwt.refreshClaims" has not answered/])
  claims = { roles: ['editor'] }
  t.equal((await refresh()).statusCode, 200)
})

t.test('a login whose user never comes gets 503', async (t) => {
  const more = { callbackTimeout: 20 }
  const { login } = await logoutApp(t, { more, onLogin: () => never })
  const page = await login()
  t.equal(page.status, 503)
  t.match(await page.json(), { code: 'AUTH_CALLBACK_TIMEOUT' })
})

t.test('the deadline is a whole number of milliseconds', async (t) => {
  for (const callbackTimeout of [0, 9, 300_001, 1.5, '5s', Infinity]) {
    const app = Fastify()
    t.teardown(() => app.close())
    const start = Promise.resolve(app.register(auth, { jwt: { secret }, callbackTimeout } as never))
    await t.rejects(start, /"callbackTimeout" must be/)
  }
})
