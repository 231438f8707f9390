import FakeTimers from '@sinonjs/fake-timers'
import Fastify, { type FastifyInstance, type FastifyRequest, type FastifyServerOptions } from 'fastify'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { meterPort, provide } from '@seaworthy/contract'
import { startNode } from '@seaworthy/testing'
import { normalizeIP, rateLimit, type RateLimitOptions, type RouteRateLimit } from '../src/index.ts'

const ok = async () => 'ok'

interface User {
  user?: { id: string } | null
}

async function build(
  t: Test,
  options: RateLimitOptions,
  routes: (app: FastifyInstance) => unknown = (app) => app.get('/', ok),
  settings: FastifyServerOptions = {}
) {
  const app = Fastify(settings)
  t.teardown(() => app.close())
  await app.register(rateLimit, options)
  await routes(app)
  await app.ready()
  return app
}

/** Time that moves only when told. Only the clock: promises and immediates go on. */
function clock(t: Test) {
  const fake = FakeTimers.install({ toFake: ['performance'], now: 1000 })
  t.teardown(() => fake.uninstall())
  return fake
}

async function statuses(app: FastifyInstance, count: number, request: object | string = '/') {
  const found: number[] = []
  for (let i = 0; i < count; i++) found.push((await app.inject(request)).statusCode)
  return found
}

const from = (remoteAddress: string, url = '/', more: object = {}) => ({ url, remoteAddress, ...more })

t.test('in no stretch of the window do more than max pass', async (t) => {
  const time = clock(t)
  const app = await build(t, { max: 4, timeWindow: 60_000 })
  t.same(await statuses(app, 1), [200])
  time.tick(50_000)
  t.same(await statuses(app, 4), [200, 200, 200, 429], 'at the end of the window')
  time.tick(9999)
  t.same(await statuses(app, 1), [429])
  time.tick(1)
  t.same(await statuses(app, 2), [200, 429], 'only what has left makes room: no burst at the border')
  time.tick(50_000)
  t.same(await statuses(app, 4), [200, 200, 200, 429])
})

t.test('a refusal says so in status, code, headers and body', async (t) => {
  const time = clock(t)
  const app = await build(t, { max: 2, timeWindow: '1 minute' })
  const first = await app.inject('/')
  t.match(first.headers, {
    'x-ratelimit-limit': '2',
    'x-ratelimit-remaining': '1',
    'x-ratelimit-reset': '60',
    ratelimit: '"ip";r=1;t=60',
    'ratelimit-policy': '"ip";q=2;w=60'
  })
  time.tick(10_500)
  await app.inject('/')
  const refused = await app.inject('/')
  t.equal(refused.statusCode, 429)
  t.match(refused.headers, {
    'retry-after': '50',
    'x-ratelimit-remaining': '0',
    ratelimit: '"ip";r=0;t=50'
  })
  t.match(refused.json(), {
    statusCode: 429,
    code: 'RATE_LIMITED',
    message: /^Rate limit exceeded, retry in/
  })
  time.tick(49_500)
  t.equal((await app.inject('/')).statusCode, 200, 'who waits as told passes')
})

t.test('a clock that jumps, and days without a request, change nothing', async (t) => {
  const time = clock(t)
  const app = await build(t, { max: 1, timeWindow: 1000 })
  t.same(await statuses(app, 2), [200, 429])
  time.tick(86_400_000 * 30)
  t.same(await statuses(app, 2), [200, 429])
})

t.test('unknown routes, routes registered before, and HEAD count', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/before', ok)
  await app.register(rateLimit, { max: 2 })
  app.get('/own', { config: { rateLimit: { max: 2 } } }, ok)
  await app.ready()

  t.same(await statuses(app, 3, from('10.0.0.1', '/nowhere')), [404, 404, 429])
  t.same(await statuses(app, 3, from('10.0.0.2', '/before')), [200, 200, 429])
  const head = from('10.0.0.3', '/own', { method: 'HEAD' })
  t.same(
    [await statuses(app, 1, from('10.0.0.3', '/own')), await statuses(app, 2, head)],
    [[200], [200, 429]]
  )
})

t.test('HEAD counts with GET where a route has further methods, too', async (t) => {
  const routes = (app: FastifyInstance) => {
    for (const url of ['/a', '/b']) {
      app.route({ method: ['GET', 'POST'], url, config: { rateLimit: { max: 3 } }, handler: ok })
    }
  }
  const app = await build(t, { user: { max: 1 } }, routes)
  const before = Fastify()
  t.teardown(() => before.close())
  routes(before)
  await before.register(rateLimit)
  for (const counting of [app, before]) {
    const found = []
    for (const method of ['GET', 'HEAD', 'POST', 'HEAD', 'GET', 'POST']) {
      found.push(...(await statuses(counting, 1, { method, url: '/a' })))
    }
    t.same(found, [200, 200, 200, 429, 429, 429])
    t.same(await statuses(counting, 2, { method: 'HEAD', url: '/b' }), [200, 200], 'another route is another')
  }
})

t.test('probes are never limited, nor are routes that say so', async (t) => {
  const app = await build(t, { max: 1 }, (app) => {
    app.get('/health/live', { config: { operational: 'probe' } }, ok)
    app.get('/metrics', { config: { operational: 'metrics', rateLimit: { max: 1 } } }, ok)
    app.get('/free', { config: { rateLimit: false } }, ok)
  })
  for (const url of ['/health/live', '/metrics', '/free']) {
    t.same(await statuses(app, 3, url), [200, 200, 200], url)
  }
  const some = await build(t, { max: 1, global: false }, (app) => {
    app.get('/', ok)
    app.get('/asks', { config: { rateLimit: {} as RouteRateLimit } }, ok)
  })
  t.same(await statuses(some, 2), [200, 200])
  t.same(await statuses(some, 2, '/asks'), [200, 429])
  t.same(await statuses(some, 2, '/nowhere'), [404, 404])
})

const authenticate = (request: FastifyRequest, reply: unknown, done: (error?: Error) => void) => {
  const { authorization } = request.headers
  ;(request as unknown as User).user = authorization ? { id: authorization } : null
  done(authorization === 'wrong' ? Object.assign(new Error('no'), { statusCode: 401 }) : undefined)
}

for (const stage of ['onRequest', 'preHandler'] as const) {
  t.test(
    `the second stage counts users, wherever they come from, behind authentication in ${stage}`,
    async (t) => {
      const app = await build(t, { max: 100, user: { max: 2 } }, (app) => {
        app.decorateRequest<unknown>('user' as string, null)
        app.get('/', { [stage]: authenticate }, ok)
      })
      const as = (id: string, address = '10.0.0.1') => from(address, '/', { headers: { authorization: id } })
      t.same(await statuses(app, 2, as('anna')), [200, 200])
      t.same(await statuses(app, 1, as('anna', '10.9.9.9')), [429])
      t.same(await statuses(app, 3, as('bert')), [200, 200, 429], 'behind the same address')
      t.same(await statuses(app, 4), [200, 200, 200, 200], 'nobody is no user')
    }
  )
}

t.test('guessing tokens is limited before authentication; the owner comes in from elsewhere', async (t) => {
  let asked = 0
  const app = await build(t, { max: 3, user: { max: 10 } }, (app) => {
    app.get(
      '/',
      {
        onRequest: (request, reply, done) => {
          asked++
          authenticate(request, reply, done)
        }
      },
      ok
    )
  })
  const wrong = from('10.0.0.1', '/', { headers: { authorization: 'wrong' } })
  t.same(await statuses(app, 5, wrong), [401, 401, 401, 429, 429])
  t.equal(asked, 3, 'refused requests cost no verification')
  t.same(await statuses(app, 1, from('10.0.0.2', '/', { headers: { authorization: 'anna' } })), [200])
})

t.test('failures alone count: successes are given back, many at once cannot slip through', async (t) => {
  const app = await build(t, { max: 1000, failures: { max: 3, failuresOnly: [401] } }, (app) => {
    app.post<{ Querystring: { right?: string } }>('/login', async ({ query }, reply) => {
      await new Promise((resolve) => setImmediate(resolve))
      return reply.code(query.right ? 200 : 401).send('')
    })
  })
  const login = (right: boolean, address = '10.0.0.1') =>
    from(address, right ? '/login?right=1' : '/login', { method: 'POST' })
  t.same(await statuses(app, 10, login(true)), Array(10).fill(200))
  t.same(await statuses(app, 4, login(false)), [401, 401, 401, 429])
  t.same(await statuses(app, 1, login(true)), [429])
  const burst = await Promise.all(Array.from({ length: 30 }, () => app.inject(login(false, '10.0.0.2'))))
  t.equal(burst.filter(({ statusCode }) => statusCode === 401).length, 3)
  t.same(await statuses(app, 1, login(true, '10.0.0.3')), [200], 'a victim elsewhere still can')
})

t.test('a route has several limits, and a refused request spends none of them', async (t) => {
  const time = clock(t)
  const app = await build(t, { max: 1000 }, (app) => {
    const limits = [
      { name: 'second', max: 2, timeWindow: '1 second' },
      { name: 'hour', max: 3, timeWindow: '1 hour' }
    ]
    app.get('/', { config: { rateLimit: limits } }, ok)
  })
  t.same(await statuses(app, 10), [200, 200, ...Array(8).fill(429)])
  time.tick(1000)
  const last = await app.inject('/')
  t.equal(last.statusCode, 200, 'the refused ones have not used up the hour')
  t.equal(last.headers['ratelimit-policy'], '"second";q=2;w=1, "hour";q=3;w=3600')
  t.match(last.headers.ratelimit, /^"second";r=1;t=1, "hour";r=0;t=3600$/)
  t.equal(last.headers['x-ratelimit-limit'], '3', 'the older headers tell of the tighter one')
  const refused = await app.inject('/')
  t.match(refused, { statusCode: 429, headers: { 'retry-after': '3600' } })
})

t.test('requests have their weight', async (t) => {
  const app = await build(t, { max: 10 }, (app) => {
    app.get('/search', { config: { rateLimit: { cost: 4, groupId: 'shared' } } }, ok)
    const weighed = {
      cost: ({ query }) => Number((query as { n: string }).n),
      groupId: 'shared'
    } satisfies RouteRateLimit
    app.get('/export', { config: { rateLimit: weighed } }, ok)
  })
  t.same(await statuses(app, 3, '/search'), [200, 200, 429])
  t.same(await statuses(app, 1, '/export?n=3'), [429])
  t.same(await statuses(app, 2, '/export?n=2'), [200, 429], 'what is left can be spent')
  t.same(
    await statuses(app, 1, '/export?n=x'),
    [500],
    'a weight that is no number is a fault, not a free pass'
  )
})

t.test('IPv6 counts by its network, IPv4 mapped into it as IPv4', async (t) => {
  const app = await build(t, { max: 2 })
  const all = async (...addresses: string[]) =>
    (await Promise.all(addresses.map((address) => app.inject(from(address))))).map(
      (answer) => answer.statusCode
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

t.test('the allow list is of addresses and networks, and is compared with the address alone', async (t) => {
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
  t.equal(await status('9.9.9.9', '10.1.2.3'), 429, "a user's name is no address")

  const asked = await build(t, {
    max: 0,
    allowList: async (request, key) => key === '10.0.0.1' && request.method === 'GET'
  })
  t.equal((await asked.inject(from('10.0.0.1'))).statusCode, 200)
  t.equal((await asked.inject(from('10.0.0.2'))).statusCode, 429)
})

t.test('observing refuses nothing, and tells what it would have done', async (t) => {
  const counts = new Map<string, number>()
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(rateLimit, { max: 2, observe: true, name: 'watched', allowList: ['10.0.0.9'] })
  provide(app, meterPort, {
    counter: ({ name }) => ({
      with: (...labels) => ({
        inc: () =>
          void counts.set(`${name} ${labels.join(' ')}`, (counts.get(`${name} ${labels.join(' ')}`) ?? 0) + 1)
      })
    }),
    gauge: () => ({ with: () => ({ set() {}, inc() {}, dec() {} }) }),
    histogram: () => ({ with: () => ({ observe() {} }) })
  })
  app.get('/', ok)
  app.get('/enforced', { config: { rateLimit: { max: 0, observe: false } } }, ok)
  t.same(await statuses(app, 4), [200, 200, 200, 200])
  await statuses(app, 1, from('10.0.0.9'))
  await statuses(app, 2, '/enforced')
  t.same(Object.fromEntries(counts), {
    'rate_limit_requests_total watched allowed': 2,
    'rate_limit_requests_total watched observed': 2,
    'rate_limit_requests_total watched skipped': 1,
    'rate_limit_requests_total GET /enforced refused': 2
  })
  t.match(app.security.limits?.()[0], { name: 'watched', max: 2, timeWindow: 60_000, observe: true })
})

t.test('a flood of keys resets nobody, and the memory stays bounded', async (t) => {
  const time = clock(t)
  const cache = 1000
  const app = await build(t, { max: 3, cache, keyGenerator: (request) => request.headers['x-key'] as string })
  const as = (key: string) => ({ url: '/', headers: { 'x-key': key } })
  t.same(await statuses(app, 4, as('victim')), [200, 200, 200, 429])
  for (let i = 0; i < 5000; i++) await app.inject(as(`flood ${i}`))
  t.same(await statuses(app, 1, as('victim')), [429], 'still counted')
  const { keys = 0 } = app.security.store?.() ?? {}
  t.ok(keys <= cache * 1.25 + 64, `${keys} logs`)

  time.tick(60_000)
  t.same(await statuses(app, 1, as('victim')), [200], 'the window passes for it as for all')
  for (let i = 0; i < 2000; i++) await app.inject(as(`later ${i % 500}`))
  t.same(await statuses(app, 4, as('newcomer')), [200, 200, 200, 429], 'and what has ended makes room')
})

t.test('a million keys stay under the cap of memory', async (t) => {
  const fixture = join(import.meta.dirname, 'fixtures/million-keys.ts')
  const count = async (cache: number) => {
    const counting = startNode(t, fixture, { nodeArgs: ['--expose-gc'], args: [`${cache}`] })
    await counting.exit
    return counting.logs()[0] as { keys: number; bytes: number; remaining: number }
  }
  const capped = await count(10_000)
  t.ok(capped.keys <= 12_500 + 4096, `${capped.keys} logs`)
  t.ok(capped.bytes < 16_500 * 600, `${capped.bytes} bytes`)
  t.equal(capped.remaining, 8, 'who was there before the flood is still counted alone')

  const all = await count(1_000_000)
  t.equal(all.keys, 1_000_000)
  t.ok(all.bytes / all.keys < 600, `${Math.round(all.bytes / all.keys)} bytes for each`)
})

t.test("@fastify/rate-limit's options mean what they meant", async (t) => {
  const called: string[] = []
  const app = await build(t, {
    max: async (_request, key) => (key === '10.0.0.1' ? 1 : 2),
    timeWindow: () => 60_000,
    cache: 10_000,
    skipOnError: true,
    enableDraftSpec: true,
    addHeadersOnExceeding: { 'ratelimit-reset': false },
    ban: 1,
    onExceeding: (_request, key) => void called.push(`exceeding ${key}`),
    onExceeded: (_request, key) => void called.push(`exceeded ${key}`),
    onBanReach: (_request, key) => void called.push(`ban ${key}`),
    errorResponseBuilder: (_request, { ban, max, after, ttl }) => ({
      error: 'Too Many Requests',
      message: `${max} in a minute, retry in ${after}`,
      ban,
      ttl
    })
  })
  const first = await app.inject(from('10.0.0.1'))
  t.match(first.headers, { 'ratelimit-limit': '1', 'ratelimit-remaining': '0' })
  t.notOk('ratelimit-reset' in first.headers || 'x-ratelimit-limit' in first.headers)

  const refused = await app.inject(from('10.0.0.1'))
  t.equal(refused.statusCode, 429, 'though the builder names no status')
  t.match(refused.json(), { message: '1 in a minute, retry in 1 minute', ban: false, ttl: Number })
  t.match(refused.headers, { 'retry-after': /^\d+$/, 'ratelimit-reset': /^\d+$/ })
  t.match(await app.inject(from('10.0.0.1')), { statusCode: 403 })
  t.same(called, ['exceeding 10.0.0.1', 'exceeded 10.0.0.1', 'exceeded 10.0.0.1', 'ban 10.0.0.1'])

  const thrown = await build(t, { max: 0, errorResponseBuilder: () => new Error('mine') })
  t.match(await thrown.inject('/'), { statusCode: 429 })
  t.match((await thrown.inject('/')).json(), { message: 'mine' })
})

t.test('who goes on asking stays out with continueExceeding', async (t) => {
  const time = clock(t)
  const app = await build(t, { max: 1, timeWindow: 60_000, continueExceeding: true })
  t.same(await statuses(app, 2), [200, 429])
  time.tick(40_000)
  t.same(await statuses(app, 1), [429])
  time.tick(40_000)
  t.same(await statuses(app, 1), [429])
  time.tick(60_000)
  t.same(await statuses(app, 1), [200])
})

t.test("the decorators are @fastify/rate-limit's, each with counts of its own", async (t) => {
  const app = await build(t, { max: 100 }, (app) => {
    const [first, second] = [app.createRateLimit({ max: 2 }), app.createRateLimit({ max: 2 })]
    app.get('/first', (request) => first(request))
    app.get('/peek', (request) => first(request, { increment: false }))
    app.get('/second', (request) => second(request))
    app.get('/hook', { preHandler: app.rateLimit({ max: 1 }) as never }, ok)
    const built = { max: 0, errorResponseBuilder: () => ({ statusCode: 418 }) }
    app.get('/built', { preHandler: app.rateLimit(built) as never }, () => t.fail('the handler ran'))
  })
  const json = async (url: string) => (await app.inject(url)).json<Record<string, unknown>>()
  t.match(await json('/first'), {
    isAllowed: false,
    key: '127.0.0.1',
    max: 2,
    remaining: 1,
    isExceeded: false
  })
  t.match(await json('/first'), { remaining: 0, isExceeded: false, timeWindow: 60_000 })
  t.match(await json('/peek'), { remaining: 0, isExceeded: true })
  t.match(await json('/first'), { isExceeded: true, ttlInSeconds: 60 })
  t.match(await json('/second'), { remaining: 1 }, 'its own counts')
  t.same(await statuses(app, 2, '/hook'), [200, 429])
  t.same(await statuses(app, 1, '/built'), [418])
})

t.test("a route's limit replaces the app's per address, and leaves the others", async (t) => {
  const app = await build(t, { max: 1, failures: { max: 2 } }, (app) => {
    app.get('/a', { config: { rateLimit: { max: 3 } } }, ok)
    app.get('/b', { config: { rateLimit: { max: 3 } } }, ok)
    app.get('/denied', { config: { rateLimit: { max: 10, failures: false } } }, (_request, reply) =>
      reply.code(401).send()
    )
    app.get('/guarded', { config: { rateLimit: { max: 10 } } }, (_request, reply) => reply.code(401).send())
  })
  t.same(await statuses(app, 4, '/a'), [200, 200, 200, 429])
  t.same(await statuses(app, 4, '/b'), [200, 200, 200, 429], 'each route counts alone')
  t.same(await statuses(app, 4, '/denied'), [401, 401, 401, 401])
  t.same(await statuses(app, 3, '/guarded'), [401, 401, 429])
})

t.test('a function of the app that fails is an answer, not a hanging request', async (t) => {
  const failing: RateLimitOptions[] = [
    { keyGenerator: () => Promise.reject(new Error('no')) },
    { max: () => Number.NaN },
    { allowList: () => Promise.reject(new Error('no')) },
    {
      max: 0,
      errorResponseBuilder: () => {
        throw new Error('no')
      }
    }
  ]
  for (const options of failing) {
    const app = await build(t, options)
    t.equal((await app.inject('/')).statusCode, 500)
  }
})

t.test('two apps in a process count apart', async (t) => {
  const [one, two] = [await build(t, { max: 1 }), await build(t, { max: 1 })]
  t.same(await statuses(one, 2), [200, 429])
  t.same(await statuses(two, 2), [200, 429])
})
