// The same requests to @fastify/rate-limit and to ours, within one window: beyond it ours slides.
import FakeTimers, { type Clock } from '@sinonjs/fake-timers'
import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest, InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import { rateLimit } from '../src/index.ts'
import { createApp, ok } from './helpers.ts'

type Calls = unknown[][]
type Limit = Record<string, unknown>

interface Case {
  /** Options of the plugin. `record` notes a call. */
  options: (record: (name: string) => (request: FastifyRequest, key: string) => void) => Limit
  /** `config.rateLimit` of the route. */
  route?: Limit | false
  /** Uses the decorators in place of `config.rateLimit`. */
  routes?: (app: FastifyInstance) => void
  requests?: (InjectOptions | string)[]
}

const times = (count: number, request: InjectOptions | string = '/') =>
  Array.from({ length: count }, () => request)
const withKey = (key: string) => ({ url: '/', headers: { 'x-key': key } })
const byHeader = ({ headers }: FastifyRequest) => headers['x-key'] as string

const cases: Record<string, Case> = {
  'a limit of the app': { options: () => ({ max: 2 }), requests: times(4) },
  'a limit of nothing': { options: () => ({ max: 0 }), requests: times(2) },
  'a route of its own': { options: () => ({ max: 5 }), route: { max: 1 }, requests: times(3) },
  'a route without': { options: () => ({ max: 1 }), route: false, requests: times(3) },
  'only routes': { options: () => ({ global: false, max: 1 }), requests: times(3) },
  'a key of the app, and its callbacks': {
    options: (record) => ({
      max: 1,
      keyGenerator: byHeader,
      onExceeding: record('exceeding'),
      onExceeded: record('exceeded')
    }),
    requests: [...times(2, withKey('a')), withKey('b'), withKey('a')]
  },
  'a ban': {
    options: (record) => ({ max: 1, ban: 1, onExceeded: record('exceeded'), onBanReach: record('banned') }),
    requests: times(5)
  },
  'functions of the request': {
    options: () => ({
      keyGenerator: byHeader,
      max: async (_request: FastifyRequest, key: string) => (key === 'premium' ? 3 : 1),
      timeWindow: (_request: FastifyRequest, key: string) => (key === 'premium' ? 30_000 : 10_000)
    }),
    requests: [...times(4, withKey('premium')), ...times(2, withKey('basic'))]
  },
  'an error of the app': {
    options: () => ({
      max: 1,
      errorResponseBuilder: (
        _request: unknown,
        context: { after: string; statusCode: number; max: number }
      ) => Object.assign(new Error(`slow down, ${context.after}, ${context.max}`), { statusCode: 503 })
    }),
    requests: times(2)
  },
  'a body of the app': {
    options: () => ({
      max: 1,
      errorResponseBuilder: (_request: unknown, { statusCode, ban, max, ttl, after }: Limit) => ({
        statusCode,
        said: { ban, max, ttl, after }
      })
    }),
    requests: times(2)
  },
  'an allow list': {
    options: () => ({ max: 1, allowList: ['10.0.0.1'] }),
    requests: [...times(3, { url: '/', remoteAddress: '10.0.0.1' }), ...times(2)]
  },
  'a function as allow list': {
    options: () => ({
      max: 1,
      keyGenerator: byHeader,
      allowList: (_request: unknown, key: string) => key === 'friend'
    }),
    requests: [...times(3, withKey('friend')), ...times(2, withKey('other'))]
  },
  'a network of IPv6': {
    options: () => ({ max: 1, ipv6Subnet: 48 }),
    requests: ['2001:db8:0:1::1', '2001:db8:0:2::2', '2001:db8:1::1', '::ffff:1.2.3.4', '1.2.3.4'].map(
      (remoteAddress) => ({ url: '/', remoteAddress })
    )
  },
  'headers of the draft': { options: () => ({ max: 1, enableDraftSpec: true }), requests: times(2) },
  'fewer headers': {
    options: () => ({
      max: 1,
      addHeaders: { 'x-ratelimit-reset': false, 'retry-after': false },
      addHeadersOnExceeding: { 'x-ratelimit-limit': false }
    }),
    requests: times(2)
  },
  'a later hook': { options: () => ({ max: 1, hook: 'preHandler' }), requests: times(2) },
  'time that doubles': { options: () => ({ max: 1, exponentialBackoff: true }), requests: times(4) },
  'rejections that count': { options: () => ({ max: 1, continueExceeding: true }), requests: times(3) },
  'the decorator rateLimit': {
    options: () => ({ global: false, max: 9 }),
    routes: (app) => app.get('/', { preHandler: app.rateLimit({ max: 1, keyGenerator: byHeader }) }, ok),
    requests: [...times(2, withKey('a')), withKey('b')]
  },
  'the decorator createRateLimit': {
    options: () => ({ global: false, max: 9, timeWindow: '2 minutes' }),
    routes: (app) => {
      const check = app.createRateLimit({
        max: 2,
        ban: 0,
        allowList: (_request, key) => key === 'friend',
        keyGenerator: byHeader
      })
      app.get('/', (request) => check(request))
      app.get('/read', (request) => check(request, { increment: false }))
    },
    requests: ['/read', '/', '/read', '/', '/', '/']
      .map((url) => ({ ...withKey('a'), url }))
      .concat({ ...withKey('friend'), url: '/' })
  }
}

const compared = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'].flatMap(
  (name) => [name, name.replace('x-', '')]
)

/** Replaces the clocks of both. */
function installClocks(t: Test): Clock {
  const clock = FakeTimers.install({ toFake: ['performance', 'Date'], now: 1000 })
  t.teardown(() => clock.uninstall())
  return clock
}

async function responses(t: Test, ours: boolean, { options, route, routes, requests = [] }: Case) {
  const calls: Calls = []
  const app = createApp(t)
  const recorded = options((name) => (_request, key) => calls.push([name, key]))
  await (ours
    ? app.register(rateLimit, { ...recorded, policyHeaders: false })
    : app.register(fastifyRateLimit, recorded))
  if (routes) routes(app)
  else app.get('/', route === undefined ? {} : { config: { rateLimit: route as object } }, ok)
  const seen: unknown[] = []
  for (const request of requests) {
    const response = await app.inject(request)
    const headers = Object.fromEntries(
      compared.flatMap((name) => (name in response.headers ? [[name, String(response.headers[name])]] : []))
    )
    // The code and the text of a ban are ours.
    const body = response.body.startsWith('{') ? response.json<Limit>() : { text: response.body }
    delete body.code
    if (response.statusCode === 403) delete body.message
    seen.push({ status: response.statusCode, headers, body })
  }
  return { seen, calls }
}

for (const [name, each] of Object.entries(cases)) {
  t.test(`as @fastify/rate-limit: ${name}`, async (t) => {
    installClocks(t)
    const expected = await responses(t, false, each)
    const found = await responses(t, true, each)
    t.same(found.seen, expected.seen)
    t.same(found.calls, expected.calls)
  })
}

t.test('reading at exactly max says that the next request is too many', async (t) => {
  installClocks(t)
  const app = createApp(t)
  await app.register(rateLimit, { global: false })
  const check = app.createRateLimit({ max: 1 })
  app.get('/', async (request) => {
    const before = await check(request, { increment: false })
    await check(request)
    return [before, await check(request, { increment: false })]
  })
  t.match((await app.inject('/')).json(), [{ isExceeded: false }, { isExceeded: true, remaining: 0 }])
})
