import type { FastifyInstance, FastifyRequest } from 'fastify'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startNode } from '@seaworthy/testing'
import { normalizeIP, rateLimit, type RateLimitOptions } from '../src/index.ts'
import { buildApp, createApp, from, installClock, ok, statuses } from './helpers.ts'

const build = (t: Test, options: RateLimitOptions, routes?: (app: FastifyInstance) => unknown) =>
  buildApp(t, rateLimit, options, routes)

interface User {
  user?: { id: string; sub?: string } | null
}

const authenticate = (request: FastifyRequest, reply: unknown, done: (error?: Error) => void) => {
  const { authorization } = request.headers
  ;(request as unknown as User).user = authorization ? { id: authorization } : null
  done(authorization === 'wrong' ? Object.assign(new Error('no'), { statusCode: 401 }) : undefined)
}

for (const stage of ['onRequest', 'preHandler'] as const) {
  t.test(`a limit per user counts users of any address, with authentication in ${stage}`, async (t) => {
    const app = await build(t, { max: 100, user: { max: 2 } }, (app) => {
      app.decorateRequest<unknown>('user' as string, null)
      app.get('/', { [stage]: authenticate }, ok)
    })
    const as = (id: string, address = '10.0.0.1') => from(address, '/', { headers: { authorization: id } })
    t.same(await statuses(app, 2, as('anna')), [200, 200])
    t.same(await statuses(app, 1, as('anna', '10.9.9.9')), [429])
    t.same(await statuses(app, 3, as('bert')), [200, 200, 429], 'of the same address')
    t.same(await statuses(app, 4), [200, 200, 200, 200], 'requests without a user are not counted')
  })
}

t.test('one person has one limit, with tokens and with sessions: sub, else id', async (t) => {
  const app = createApp(t)
  await app.register(rateLimit, { max: 100, user: { max: 2 } })
  app.addHook('onRequest', (request, _reply, done) => {
    ;(request as { user?: unknown }).user = JSON.parse(request.headers['x-user'] as string)
    done()
  })
  app.get('/', ok)
  const as = (user: object) => ({ url: '/', headers: { 'x-user': JSON.stringify(user) } })
  t.same(await statuses(app, 1, as({ sub: 'anna', id: 7 })), [200])
  t.same(await statuses(app, 2, as({ id: 'anna' })), [200, 429])
  t.same(await statuses(app, 1, as({ id: 7 })), [200])
})

t.test(
  'guessing tokens is limited before authentication; the owner passes from another address',
  async (t) => {
    let verified = 0
    const app = await build(t, { max: 3, user: { max: 10 } }, (app) => {
      app.get(
        '/',
        {
          onRequest: (request, reply, done) => {
            verified++
            authenticate(request, reply, done)
          }
        },
        ok
      )
    })
    const wrong = from('10.0.0.1', '/', { headers: { authorization: 'wrong' } })
    t.same(await statuses(app, 5, wrong), [401, 401, 401, 429, 429])
    t.equal(verified, 3, 'rejected requests cost no verification')
    t.same(await statuses(app, 1, from('10.0.0.2', '/', { headers: { authorization: 'anna' } })), [200])
  }
)

t.test('IPv6 addresses are counted by their network, mapped IPv4 addresses as IPv4', async (t) => {
  const app = await build(t, { max: 2 })
  const all = async (...addresses: string[]) =>
    (await Promise.all(addresses.map((address) => app.inject(from(address))))).map(
      ({ statusCode }) => statusCode
    )

  t.same(await all('2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:0db8:1:2:3:4:5:6'), [200, 200, 429])
  t.same(await all('2001:db8:1:3::1'), [200], 'another network')
  t.same(await all('::ffff:192.0.2.1', '192.0.2.1', '::ffff:c000:201'), [200, 200, 429])

  const keyed = await build(t, { max: 1, keyGenerator: ({ ip }) => ip })
  t.equal((await keyed.inject(from('2001:db8::1'))).statusCode, 200)
  t.equal((await keyed.inject(from('2001:db8::2'))).statusCode, 429, "a key generator's addresses too")

  const narrow = await build(t, { max: 1, ipv6Subnet: 128 })
  t.equal((await narrow.inject(from('2001:db8::1'))).statusCode, 200)
  t.equal((await narrow.inject(from('2001:db8::2'))).statusCode, 200)

  t.equal(normalizeIP('2001:DB8:0:0:1::1'), '2001:db8::')
  t.equal(normalizeIP('2001:db8:1:2:3::', 56), '2001:db8:1::')
  t.equal(normalizeIP('fe80::1%eth0'), 'fe80::')
  t.equal(normalizeIP('::1', 128), '::1')
  t.equal(normalizeIP('::ffff:10.0.0.1'), '10.0.0.1')
})

t.test('the allow list has addresses and networks, and is compared with the address alone', async (t) => {
  const allowList = ['10.1.0.0/16', '192.0.2.10', '2001:db8::/32']
  const app = await build(t, {
    max: 0,
    allowList,
    keyGenerator: (request) => String(request.headers['x-user'])
  })
  const status = async (address: string, user = 'u') =>
    (await app.inject(from(address, '/', { headers: { 'x-user': user } }))).statusCode

  for (const address of ['10.1.2.3', '192.0.2.10', '2001:db8:9::1', '::ffff:10.1.0.1']) {
    t.equal(await status(address), 200, address)
  }
  for (const address of ['10.2.0.1', '192.0.2.1', '192.0.2.101', '2001:db9::1']) {
    t.equal(await status(address), 429, address)
  }
  t.equal(await status('9.9.9.9', '10.1.2.3'), 429, 'a name of a user is no address')

  const decided = await build(t, {
    max: 0,
    allowList: async (request, key) => key === '10.0.0.1' && request.method === 'GET'
  })
  t.equal((await decided.inject(from('10.0.0.1'))).statusCode, 200)
  t.equal((await decided.inject(from('10.0.0.2'))).statusCode, 429)
})

t.test('a flood of keys resets no count, and the memory stays bounded', async (t) => {
  const clock = installClock(t)
  const cache = 1000
  const app = await build(t, { max: 3, cache, keyGenerator: (request) => request.headers['x-key'] as string })
  const as = (key: string) => ({ url: '/', headers: { 'x-key': key } })
  t.same(await statuses(app, 4, as('victim')), [200, 200, 200, 429])
  for (let i = 0; i < 5000; i++) await app.inject(as(`flood ${i}`))
  t.same(await statuses(app, 1, as('victim')), [429], 'still counted')
  const { keys = 0 } = app.security.store?.() ?? {}
  t.ok(keys <= cache * 1.25 + 64, `${keys} logs`)

  clock.tick(60_000)
  t.same(await statuses(app, 1, as('victim')), [200], 'its window passes as any other')
  for (let i = 0; i < 2000; i++) await app.inject(as(`later ${i % 500}`))
  t.same(await statuses(app, 4, as('newcomer')), [200, 200, 200, 429], 'and expired counts make room')
})

t.test('a million keys stay within the bound on memory', async (t) => {
  const fixture = join(import.meta.dirname, 'fixtures/million-keys.ts')
  const count = async (cache: number) => {
    const child = startNode(t, fixture, { nodeArgs: ['--expose-gc'], args: [`${cache}`] })
    await child.exit
    return child.logs()[0] as { keys: number; bytes: number; remaining: number }
  }
  const capped = await count(10_000)
  t.ok(capped.keys <= 12_500 + 4096, `${capped.keys} logs`)
  t.ok(capped.bytes < 16_500 * 600, `${capped.bytes} bytes`)
  t.equal(capped.remaining, 8, 'a client from before the flood is still counted alone')

  const all = await count(1_000_000)
  t.equal(all.keys, 1_000_000)
  t.ok(all.bytes / all.keys < 600, `${Math.round(all.bytes / all.keys)} bytes for each`)
})

t.test('a client has one address, with whichever port and in whichever form a proxy writes it', async (t) => {
  const app = await buildApp(t, rateLimit, { max: 2, allowList: ['198.51.100.0/24'] }, undefined, {
    trustProxy: ['127.0.0.1']
  })
  const ask = async (forwarded: string) =>
    (await app.inject({ url: '/', headers: { 'x-forwarded-for': forwarded } })).statusCode
  const forms = [
    ['203.0.113.8:1000', '203.0.113.8', '203.0.113.8:65535', '::ffff:203.0.113.8'],
    ['[2001:db8:1::1]:1000', '2001:db8:1::2', '[2001:db8:1::3]', '2001:db8:1::4%eth0']
  ]
  for (const [one, two, ...others] of forms) {
    t.same([await ask(one!), await ask(two!)], [200, 200])
    for (const other of others) t.equal(await ask(other), 429, other)
  }
  for (let port = 1; port < 5; port++) t.equal(await ask(`198.51.100.7:${port}`), 200)
})

t.test('a key that is the same text for all clients fails the request', async (t) => {
  const keyGenerator = (request: FastifyRequest): string =>
    (request.url === '/array' ? [request.ip] : { ip: request.ip }) as unknown as string
  const app = await build(t, { keyGenerator }, (app) => app.get('/array', ok))
  t.match(await app.inject('/'), { statusCode: 500, body: /keyGenerator/ })
  t.equal((await app.inject('/array')).statusCode, 200, 'an object with a text of its own is a key')
})
