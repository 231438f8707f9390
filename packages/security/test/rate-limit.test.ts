import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { meterPort, provide } from '@seaworthy/contract'
import { rateLimit, type RateLimitOptions } from '../src/index.ts'
import { buildApp, createApp, from, installClock, ok, statuses } from './helpers.ts'
import { fakeMeter } from './fake-meter.ts'

const build = (t: Test, options: RateLimitOptions, routes?: (app: FastifyInstance) => unknown) =>
  buildApp(t, rateLimit, options, routes)

t.test('in no stretch of the window do more than max pass', async (t) => {
  const clock = installClock(t)
  const app = await build(t, { max: 4, timeWindow: 60_000 })
  t.same(await statuses(app, 1), [200])
  clock.tick(50_000)
  t.same(await statuses(app, 4), [200, 200, 200, 429], 'at the end of the window')
  clock.tick(9999)
  t.same(await statuses(app, 1), [429])
  clock.tick(1)
  t.same(await statuses(app, 2), [200, 429], 'only requests that have left make room: no burst at the border')
  clock.tick(50_000)
  t.same(await statuses(app, 4), [200, 200, 200, 429])
})

t.test('a rejection has a status, a code, headers and a body', async (t) => {
  const clock = installClock(t)
  const app = await build(t, { max: 2, timeWindow: '1 minute' })
  const first = await app.inject('/')
  t.match(first.headers, {
    'x-ratelimit-limit': '2',
    'x-ratelimit-remaining': '1',
    'x-ratelimit-reset': '60',
    ratelimit: '"ip";r=1;t=60',
    'ratelimit-policy': '"ip";q=2;w=60'
  })
  clock.tick(10_500)
  await app.inject('/')
  const rejected = await app.inject('/')
  t.equal(rejected.statusCode, 429)
  t.match(rejected.headers, {
    'retry-after': '50',
    'x-ratelimit-remaining': '0',
    ratelimit: '"ip";r=0;t=50'
  })
  t.match(rejected.json(), {
    statusCode: 429,
    code: 'RATE_LIMITED',
    message: /^Rate limit exceeded, retry in/
  })
  clock.tick(49_500)
  t.equal((await app.inject('/')).statusCode, 200, 'a client that waits for retry-after passes')
})

t.test('the reset of a full window is its length, at any fraction of a millisecond', async (t) => {
  const clock = installClock(t)
  const app = await build(t, { max: 1, timeWindow: '1 minute' })
  clock.tick(72_000)
  const resets = new Set<unknown>()
  for (let i = 1; i <= 20; i++) {
    clock.tick(0.5123)
    resets.add((await app.inject(from(`192.0.2.${i}`))).headers['x-ratelimit-reset'])
  }
  t.same([...resets], ['60'], 'rounding makes no second more')
})

t.test('a clock that jumps, and days without a request, change nothing', async (t) => {
  const clock = installClock(t)
  const app = await build(t, { max: 1, timeWindow: 1000 })
  t.same(await statuses(app, 2), [200, 429])
  clock.tick(86_400_000 * 30)
  t.same(await statuses(app, 2), [200, 429])
})

t.test('unknown routes, routes added before the plugin, and HEAD requests are counted', async (t) => {
  const app = createApp(t)
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

t.test('HEAD is counted with GET, also on a route with further methods', async (t) => {
  const routes = (app: FastifyInstance) => {
    for (const url of ['/a', '/b']) {
      app.route({ method: ['GET', 'POST'], url, config: { rateLimit: { max: 3 } }, handler: ok })
    }
  }
  const app = await build(t, { user: { max: 1 } }, routes)
  const before = createApp(t)
  routes(before)
  await before.register(rateLimit)
  for (const limited of [app, before]) {
    const codes = []
    for (const method of ['GET', 'HEAD', 'POST', 'HEAD', 'GET', 'POST']) {
      codes.push(...(await statuses(limited, 1, { method, url: '/a' })))
    }
    t.same(codes, [200, 200, 200, 429, 429, 429])
    t.same(
      await statuses(limited, 2, { method: 'HEAD', url: '/b' }),
      [200, 200],
      'another route is counted apart'
    )
  }
})

t.test('probes and routes with rateLimit: false are never limited', async (t) => {
  const app = await build(t, { max: 1 }, (app) => {
    app.get('/health/live', { config: { operational: 'probe' } }, ok)
    app.get('/metrics', { config: { operational: 'metrics', rateLimit: { max: 1 } } }, ok)
    app.get('/free', { config: { rateLimit: false } }, ok)
  })
  for (const url of ['/health/live', '/metrics', '/free']) {
    t.same(await statuses(app, 3, url), [200, 200, 200], url)
  }
  const optIn = await build(t, { max: 1, global: false }, (app) => {
    app.get('/', ok)
    app.get('/limited', { config: { rateLimit: {} } }, ok)
  })
  t.same(await statuses(optIn, 2), [200, 200])
  t.same(await statuses(optIn, 2, '/limited'), [200, 429])
  t.same(await statuses(optIn, 2, '/nowhere'), [404, 404])
})

t.test('a limit on failures counts failures alone, also of many requests at once', async (t) => {
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
  t.same(
    await statuses(app, 1, login(true, '10.0.0.3')),
    [200],
    'a client of another address can still log in'
  )
})

t.test('an observing limit rejects nothing, and its metrics show what it would reject', async (t) => {
  const { meter, counts } = fakeMeter()
  const app = createApp(t)
  await app.register(rateLimit, { max: 2, observe: true, name: 'watched', allowList: ['10.0.0.9'] })
  provide(app, meterPort, meter)
  app.get('/', ok)
  app.get('/enforced', { config: { rateLimit: { max: 0, observe: false } } }, ok)
  t.same(await statuses(app, 4), [200, 200, 200, 200])
  await statuses(app, 1, from('10.0.0.9'))
  await statuses(app, 2, '/enforced')
  t.same(Object.fromEntries(counts), {
    'rate_limit_requests_total watched allowed': 2,
    'rate_limit_requests_total watched observed': 2,
    'rate_limit_requests_total watched skipped': 1,
    'rate_limit_requests_total GET /enforced rejected': 2
  })
  t.match(app.security.limits?.()[0], { name: 'watched', max: 2, timeWindow: 60_000, observe: true })
})

t.test('with continueExceeding a client that does not pause stays rejected', async (t) => {
  const clock = installClock(t)
  const app = await build(t, { max: 1, timeWindow: 60_000, continueExceeding: true })
  t.same(await statuses(app, 2), [200, 429])
  clock.tick(40_000)
  t.same(await statuses(app, 1), [429])
  clock.tick(40_000)
  t.same(await statuses(app, 1), [429])
  clock.tick(60_000)
  t.same(await statuses(app, 1), [200])
})

t.test('a function of the app that fails is answered with 500', async (t) => {
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

t.test('several registrations count apart, in one scope and in several', async (t) => {
  const app = createApp(t)
  await app.register(rateLimit, { max: 2 })
  await app.register(rateLimit, { max: 5, timeWindow: '1 day' })
  await app.register(async (scope) => {
    await scope.register(rateLimit, { max: 1, timeWindow: '1 hour' })
    scope.get('/inner', ok)
  })
  app.get('/', ok)
  t.same(await statuses(app, 3, from('192.0.2.1')), [200, 200, 429])
  t.same(await statuses(app, 2, from('192.0.2.2', '/inner')), [200, 429])
  const { headers } = await app.inject(from('192.0.2.3', '/inner'))
  t.equal(headers['ratelimit-policy'], '"ip";q=2;w=60, "2 ip";q=5;w=86400, "3 ip";q=1;w=3600')
  t.same(
    app.security.limits?.().map(({ name }) => name),
    ['ip', '2 ip', '3 ip']
  )
})

t.test('routes of one path that constraints tell apart count apart', async (t) => {
  const app = await buildApp(t, rateLimit, {}, (app) => {
    for (const [host, max] of [
      ['a.example', 1],
      ['b.example', 2]
    ] as const) {
      app.get('/', { constraints: { host }, config: { rateLimit: { max } } }, ok)
    }
  })
  const at = (host: string) => ({ url: '/', headers: { host } })
  t.same(await statuses(app, 2, at('a.example')), [200, 429])
  t.same(await statuses(app, 3, at('b.example')), [200, 200, 429])
})
