import t, { type Test } from 'tap'
import { rateLimit, type RateLimitOptions, type StoreCallback } from '../src/index.ts'
import { buildApp, captureLog, createApp, ok, statuses } from './helpers.ts'

const made: unknown[] = []

/** A store as an app writes it for @fastify/rate-limit. */
class Store {
  readonly counts = new Map<string, number>()
  readonly options: object

  constructor(options: object) {
    this.options = options
    made.push(options)
  }

  incr(key: string, callback: StoreCallback, timeWindow: number): void {
    const current = (this.counts.get(key) ?? 0) + 1
    this.counts.set(key, current)
    setImmediate(() => callback(null, { current, ttl: timeWindow - 1000 }))
  }

  child(options: object): Store {
    return new Store(options)
  }
}

class ReadableStore extends Store {
  read(key: string, callback: StoreCallback): void {
    callback(null, { current: this.counts.get(key) ?? 0, ttl: 1 })
  }

  override child(options: object): Store {
    return new ReadableStore(options)
  }
}

class BrokenStore extends Store {
  override incr(_key: string, callback: StoreCallback): void {
    callback(new Error('down'))
  }
}

const build = (t: Test, options: RateLimitOptions) =>
  buildApp(t, rateLimit, { storeTimeout: 10_000, ...options }, (app) => {
    app.get('/', ok)
    app.get('/orders/:id', { config: { rateLimit: { max: 1, timeWindow: 5000 } } }, ok)
    const check = app.createRateLimit({ max: 1 })
    app.get('/peek', (request) => check(request, { increment: false }))
  })

t.test('a store of the app counts, with a child for each route', async (t) => {
  made.length = 0
  const app = await build(t, { max: 2, store: Store })
  const first = await app.inject('/')
  t.match(first.headers, { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '59' })
  t.same(await statuses(app, 2), [200, 429])
  t.same(await statuses(app, 2, '/orders/1'), [200, 429])
  t.match(made, [{ max: 2 }, { max: 1, timeWindow: 5000, routeInfo: { method: 'GET', url: '/orders/:id' } }])
  t.equal(app.security.store?.().kind, 'custom')
})

t.test('reading without counting needs read()', async (t) => {
  const app = await build(t, { store: ReadableStore })
  t.match((await app.inject('/peek')).json(), { remaining: 1, isExceeded: false })
  const without = await build(t, { store: Store, onStoreError: 'closed' })
  t.equal((await without.inject('/peek')).statusCode, 503)
})

t.test('a store that fails follows onStoreError', async (t) => {
  t.same(await statuses(await build(t, { max: 1, store: BrokenStore }), 2), [200, 429])
  t.same(await statuses(await build(t, { max: 1, store: BrokenStore, onStoreError: 'closed' }), 1), [503])
})

t.test('a store that gives no count lets no request pass for it, and ends nothing', async (t) => {
  type Incr = (key: string, callback: StoreCallback, timeWindow: number) => unknown
  const answers: Record<string, [incr: Incr, statuses: number[]]> = {
    nothing: [(_key, done) => done(null), [503, 503]],
    'no count': [(_key, done) => done(null, {} as never), [503, 503]],
    'no number': [(_key, done) => done(null, { current: Number.NaN, ttl: 1 }), [503, 503]],
    'a text': [(_key, done) => done(null, { current: '9' as never, ttl: 1 }), [429, 429]],
    'no time': [(_key, done) => done(null, { current: 1 } as never), [200, 200]],
    'a rejection': [async () => Promise.reject(new Error('down')), [503, 503]],
    'a promise, and its callback': [async (_key, done) => done(null, { current: 1, ttl: 1 }), [200, 200]],
    'the first of two twice': [
      (_key, done) => {
        done(null, { current: 1, ttl: 1 })
        done(null, { current: 9, ttl: 1 })
      },
      [200, 200]
    ]
  }
  for (const [name, [incr, expected]] of Object.entries(answers)) {
    class Odd extends Store {
      override incr(...args: Parameters<Incr>): void {
        return incr(...args) as undefined
      }
      override child(options: object): Store {
        return new Odd(options)
      }
    }
    const app = await build(t, { max: 3, store: Odd, onStoreError: 'closed' })
    t.same(await statuses(app, 2), expected, name)
  }
})

for (const [options, message] of [
  [{ store: class {} }, /"rateLimit.store" must be a class with the methods incr and child/],
  [{ store: Store, redis: { host: 'localhost' } }, /"rateLimit.store" must be left out/],
  [{ store: Store, cost: 2 }, /"rateLimit.store" must be left out where a limit has "cost"/],
  [{ store: Store, failures: {} }, /"rateLimit.store" must be left out.*failures/]
] as const) {
  t.test(`${JSON.stringify(options)} does not start with a store`, async (t) => {
    await t.rejects(build(t, options as unknown as RateLimitOptions), { code: 'INVALID_OPTION', message })
  })
}

t.test('the log says that a store of the app fails, once in a while', async (t) => {
  const { lines, logger } = captureLog('info')
  const app = createApp(t, { logger })
  await app.register(rateLimit, { max: 2, store: BrokenStore })
  app.get('/', ok)
  t.same(await statuses(app, 3), [200, 200, 429])
  const found = lines.filter((line) => line.includes('the store of rate limits does not count requests'))
  t.equal(found.length, 1)
  t.match(JSON.parse(found[0]!), { level: 40, err: { message: 'down' } })
})
