import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { startIntake, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { auth } from '../src/index.ts'
import { observabilityPorts } from './helpers.ts'

const jwt = { secret: randomBytes(32).toString('base64') }

for (const order of ['before', 'after']) {
  t.test(
    `decisions are counted and the matrix is served, with the other plugins registered ${order} it`,
    async (t) => {
      const app: FastifyInstance = Fastify()
      t.teardown(() => app.close())
      const { counts, routes, plugin } = observabilityPorts()
      if (order === 'before') await app.register(plugin)
      await app.register(auth, { jwt })
      if (order === 'after') await app.register(plugin)
      app.get('/me', { onRequest: [app.authenticate] }, async () => 'me')
      await app.ready()

      const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
      await app.inject({ url: '/me', headers: { authorization: `Bearer ${accessToken}` } })
      await app.inject('/me')
      t.equal(counts.get('auth_decisions_total jwt allowed'), 1)
      t.equal([...counts].filter(([key]) => key.endsWith(' unauthenticated')).length, 1)
      t.match(routes, [{ method: 'GET', url: '/auth/matrix' }])
    }
  )
}

t.test('two apps in a process share no revocations', async (t) => {
  const build = async () => {
    const app: FastifyInstance = Fastify()
    t.teardown(() => app.close())
    await app.register(auth, { jwt })
    app.get('/me', { onRequest: [app.authenticate] }, async () => 'me')
    return app
  }
  const [one, two] = [await build(), await build()]
  const { accessToken } = await one.auth.issueTokens({ sub: 'ada' })
  await one.auth.revoke({ user: 'ada' })
  const headers = { authorization: `Bearer ${accessToken}` }
  t.equal((await one.inject({ url: '/me', headers })).statusCode, 401)
  t.equal((await two.inject({ url: '/me', headers })).statusCode, 200)
})

t.test('without a scheme, an authenticate decorator that the app adds later is kept', async (t) => {
  const appDecorator = async () => undefined
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth)
  app.decorate('authenticate', appDecorator as never)
  app.register(async (scope) => void scope.decorate('authorize', () => appDecorator as never))
  t.throws(() => app.decorate('authenticate', appDecorator as never), { code: 'FST_ERR_DEC_ALREADY_PRESENT' })
  await app.ready()
  t.ok(Object.is(app.authenticate, appDecorator))

  const configured = Fastify()
  t.teardown(() => configured.close())
  await configured.register(auth, { jwt })
  t.throws(
    () => configured.decorate('authenticate', appDecorator as never),
    /decorate it before @seaworthy\/auth/
  )
})

t.test('an authenticate decorator of the app is kept', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const existing = async (): Promise<void> => undefined
  app.decorate('authenticate', existing as never)
  await app.register(auth, { jwt })
  t.ok(Object.is(app.authenticate, existing))
})

t.test("a gauge exports the age of an issuer's keys", async (t) => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1' }] }
  const idp = await startIntake(t, () => ({ body: JSON.stringify(keys) }))
  const app = Fastify()
  t.teardown(() => app.close())
  const { gauges, plugin } = observabilityPorts()
  const issuer = 'https://id.example.com'
  await app.register(plugin)
  await app.register(auth, {
    jwt: { issuers: [{ issuer, audience: 'api', algorithms: ['EdDSA'], jwksUrl: idp.url }] }
  })
  await app.ready()
  const seen = new Map<string, number>()
  const family = { with: (label: string) => ({ set: (value: number) => void seen.set(label, value) }) }
  await until('the keys', () => {
    gauges.get('auth_keys_age_seconds')!(family)
    return seen.size
  })
  t.ok(seen.get(issuer)! >= 0 && seen.get(issuer)! < 60)
})
