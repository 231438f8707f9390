import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { managementPort, meterPort, provide, type Meter } from '@seaworthy/contract'
import { startIntake, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import { auth } from '../src/index.ts'

const jwt = { secret: randomBytes(32).toString('base64') }

function neighbours() {
  const counts = new Map<string, number>()
  const gauges = new Map<string, (family: { with: (...labels: string[]) => object }) => void>()
  const routes: RouteOptions[] = []
  const meter = {
    counter: ({ name }: { name: string }) => ({
      with: (...labels: string[]) => ({
        inc: () =>
          void counts.set([name, ...labels].join(' '), (counts.get([name, ...labels].join(' ')) ?? 0) + 1)
      })
    }),
    gauge: ({ name, collect }: { name: string; collect: () => void }) => void gauges.set(name, collect)
  } as unknown as Meter
  const plugin = fp(async (fastify: FastifyInstance) => {
    provide(fastify, meterPort, meter)
    provide(fastify, managementPort, { route: (route) => void routes.push(route), section: () => undefined })
  })
  return { counts, gauges, routes, plugin }
}

for (const order of ['before', 'after']) {
  t.test(`decisions are counted and the table is shown, with neighbours ${order} it`, async (t) => {
    const app: FastifyInstance = Fastify()
    t.teardown(() => app.close())
    const { counts, routes, plugin } = neighbours()
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
  })
}

t.test('two apps in a process know nothing of each other', async (t) => {
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

t.test('an app that has its own authenticate keeps it', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const own = async (): Promise<void> => undefined
  app.decorate('authenticate', own as never)
  await app.register(auth, { jwt })
  t.ok(Object.is(app.authenticate, own))
})

t.test("the age of an issuer's keys can be watched", async (t) => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1' }] }
  const idp = await startIntake(t, () => ({ body: JSON.stringify(keys) }))
  const app = Fastify()
  t.teardown(() => app.close())
  const { gauges, plugin } = neighbours()
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
