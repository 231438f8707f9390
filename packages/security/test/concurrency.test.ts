import { once } from 'node:events'
import { ServerResponse } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { meterPort, provide } from '@seaworthy/contract'
import { until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { concurrencyLimit, rateLimit, security, type ConcurrencyOptions } from '../src/index.ts'
import { captureLog, countingMeter, createApp, listen, ok, statuses } from './helpers.ts'

/** Requests that wait in their handlers. */
class Gate {
  readonly #waiting: (() => void)[] = []
  get waiting(): number {
    return this.#waiting.length
  }
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
  open(count = this.#waiting.length): void {
    for (const resolve of this.#waiting.splice(0, count)) resolve()
  }
}

const userOf = (request: FastifyRequest) => request.headers['x-user'] as string | undefined

/** An app whose users are named by a header, as after authentication. */
async function build(t: Test, options: ConcurrencyOptions, settings: object = {}) {
  const gate = new Gate()
  const running: number[] = []
  const outcomes: string[] = []
  const app = Fastify(settings)
  t.teardown(() => {
    gate.open()
    return app.close()
  })
  provide(app, meterPort, {
    ...countingMeter((_name, labels) => outcomes.push(labels.join(' '))),
    gauge: ({ collect }) => {
      gauges.push(() =>
        collect?.({ with: () => ({ set: (value) => running.push(value), inc() {}, dec() {} }) })
      )
      return { with: () => ({ set() {}, inc() {}, dec() {} }) }
    }
  })
  const gauges: (() => void)[] = []
  app.addHook('onRequest', async (request) => {
    const user = userOf(request)
    if (user !== undefined) Object.assign(request, { user: { sub: user } })
  })
  await app.register(concurrencyLimit, options)
  app.get('/wait', async () => gate.wait())
  app.get('/free', { config: { concurrency: false } }, async () => 'ok')
  app.get('/now', async () => 'ok')
  const now = () => {
    gauges.forEach((collect) => collect())
    return running.at(-1)
  }
  return { app, gate, outcomes, now }
}

const as = (user: string, url = '/wait') => ({ url, headers: { 'x-user': user } })

t.test('a user has so many requests at a time, and others are not kept out', async (t) => {
  const { app, gate, outcomes, now } = await build(t, { max: 2 })
  const first = [app.inject(as('ada')), app.inject(as('ada'))]
  await until('two to run', () => gate.waiting === 2)
  const refused = await app.inject(as('ada'))
  t.equal(refused.statusCode, 429)
  t.match(refused.json(), { code: 'CONCURRENCY_LIMITED' })
  t.match(refused.headers, {
    'retry-after': '1',
    ratelimit: '"concurrency";r=0',
    'ratelimit-policy': '"concurrency";q=2;qu="concurrent-requests"'
  })
  t.equal((await app.inject(as('ada', '/now'))).statusCode, 429, 'all routes count together')
  t.equal((await app.inject(as('ada', '/free'))).statusCode, 200)
  t.equal((await app.inject('/now')).statusCode, 200, 'without a user')
  const other = await app.inject(as('grace', '/now'))
  t.equal(other.statusCode, 200)
  t.equal(other.headers.ratelimit, '"concurrency";r=1')
  t.equal(now(), 2)
  gate.open()
  for (const response of await Promise.all(first)) t.equal(response.statusCode, 200)
  await until('the places to be free', () => now() === 0)
  t.equal((await app.inject(as('ada', '/now'))).statusCode, 200)
  t.ok(outcomes.includes('concurrency refused') && outcomes.includes('concurrency allowed'))
})

t.test('a request that is rejected, throws or is not found gives its place back', async (t) => {
  const { app, now } = await build(t, { max: 1, by: 'ip' })
  app.get('/throws', async () => {
    throw new Error('no')
  })
  app.get('/hook', { preHandler: async () => Promise.reject(new Error('no')) }, async () => 'ok')
  app.get('/validated', { schema: { querystring: { type: 'object', required: ['a'] } } }, async () => 'ok')
  app.get('/stream', (_request, reply) => {
    const stream = new PassThrough()
    void reply.send(stream)
    setImmediate(() => stream.destroy(new Error('broken')))
  })
  for (const [url, status] of [
    ['/throws', 500],
    ['/hook', 500],
    ['/validated', 400],
    ['/nowhere', 404]
  ] as const) {
    t.equal((await app.inject(url)).statusCode, status)
    await until(`${url} to have left`, () => now() === 0)
  }
  await app.inject('/stream').catch(() => undefined)
  await until('the broken stream to have left', () => now() === 0)
  t.equal((await app.inject('/now')).statusCode, 200)
})

t.test('a client that leaves, also in the middle of a stream, gives its place back', async (t) => {
  const { app, gate, now } = await build(t, { max: 1 })
  app.get('/endless', (_request, reply) => {
    const stream = new PassThrough()
    void reply.send(stream)
    stream.write('a')
  })
  const port = await listen(app)
  for (const path of ['/wait', '/endless']) {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nx-user: ada\r\n\r\n`)
    await until('it to run', () => now() === 1)
    t.equal((await app.inject(as('ada', '/now'))).statusCode, 429)
    socket.destroy()
    await until('it to have left', () => now() === 0)
    t.equal((await app.inject(as('ada', '/now'))).statusCode, 200)
  }
  gate.open()
})

t.test('a hijacked response keeps its place until it ends, and an upgraded connection too', async (t) => {
  const { app, now } = await build(t, { max: 1 })
  const ends: (() => void)[] = []
  app.get('/hijacked', (_request, reply) => {
    reply.hijack()
    reply.raw.write('a')
    ends.push(() => reply.raw.end())
  })
  const first = app.inject(as('ada', '/hijacked'))
  await until('it to run', () => ends.length === 1)
  t.equal((await app.inject(as('ada', '/now'))).statusCode, 429)
  ends[0]!()
  await first
  await until('it to have left', () => now() === 0)

  const port = await listen(app)
  app.server.on('upgrade', (request, socket) => {
    const response = new ServerResponse(request)
    response.assignSocket(socket as Socket)
    // As a server of WebSockets does when its client ends the connection.
    socket.resume().on('end', () => socket.destroy())
    app.routing(request, response)
  })
  const socket = connect(port, '127.0.0.1')
  socket.write(
    'GET /hijacked HTTP/1.1\r\nhost: a\r\nx-user: ada\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'
  )
  await until('it to run', () => now() === 1)
  socket.destroy()
  await until('it to have left', () => now() === 0)
})

t.test('streams of one HTTP/2 connection count, and a reset stream leaves', async (t) => {
  const { app, gate, now } = await build(t, { max: 2 }, { http2: true })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const client = connectHttp2(`http://127.0.0.1:${port}`)
  t.teardown(() => client.destroy())
  const send = (path: string) => client.request({ ':path': path, 'x-user': 'ada' })
  const status = async (path: string): Promise<unknown> => {
    const [headers] = (await once(send(path).resume(), 'response')) as [Record<string, unknown>]
    return headers[':status']
  }
  const [one, two] = [send('/wait'), send('/wait')]
  await until('two to run', () => gate.waiting === 2)
  t.equal(await status('/now'), 429)
  one.close(8)
  await until('one to have left', () => now() === 1)
  t.equal(await status('/now'), 200)
  gate.open()
  await once(two.resume(), 'end')
  await until('all to have left', () => now() === 0)
})

t.test('a client that has left before its place was found gets none', async (t) => {
  const found: (() => void)[] = []
  const { app, now } = await build(t, {
    max: 1,
    keyGenerator: (request) => new Promise((resolve) => found.push(() => resolve(userOf(request))))
  })
  const port = await listen(app)
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /wait HTTP/1.1\r\nhost: a\r\nx-user: ada\r\n\r\n')
  await until('its key to be asked for', () => found.length === 1)
  socket.destroy()
  await until('the server to notice', () => new Promise((resolve) => app.server.getConnections((_e, count) => resolve(count === 0)))) // prettier-ignore
  found[0]!()
  const next = app.inject(as('ada', '/now'))
  await until('the next key to be asked for', () => found.length === 2)
  found[1]!()
  t.equal((await next).statusCode, 200)
  await until('all to have left', () => now() === 0)
})

t.test('routes have limits of their own, and functions of the app decide', async (t) => {
  const { app, gate } = await build(t, {
    max: async (request) => Number(request.headers['x-plan']),
    keyGenerator: (request) => (request.headers['x-tenant'] as string | undefined) ?? undefined
  })
  app.get('/one', { config: { concurrency: { max: 1, keyGenerator: () => 'all' } } }, async () => gate.wait())
  const tenant = (plan: number) => ({
    url: '/wait',
    headers: { 'x-user': 'u', 'x-tenant': 't', 'x-plan': `${plan}` }
  })
  void app.inject(tenant(2))
  void app.inject(tenant(2))
  await until('two to run', () => gate.waiting === 2)
  t.equal((await app.inject(tenant(2))).statusCode, 429)
  t.equal((await app.inject({ ...tenant(3), url: '/now' })).statusCode, 200)
  t.equal((await app.inject(as('u', '/now'))).statusCode, 200, 'no tenant, no limit')
  t.equal(
    (await app.inject({ ...tenant(NaN), url: '/now' })).statusCode,
    500,
    'a wrong number disables no limit'
  )
  void app.inject(as('ada', '/one'))
  await until('the route to run', () => gate.waiting === 3)
  t.equal((await app.inject(as('grace', '/one'))).statusCode, 429)
  t.equal((await app.inject({ ...as('grace', '/one'), method: 'HEAD' })).statusCode, 429)
})

t.test('addresses count by their network, before authentication', async (t) => {
  const { app, gate } = await build(t, { max: 1, by: 'ip' })
  void app.inject({ url: '/wait', remoteAddress: '2001:db8::1' })
  await until('it to run', () => gate.waiting === 1)
  const status = async (remoteAddress: string, url = '/now') =>
    (await app.inject({ url, remoteAddress })).statusCode
  t.equal(await status('2001:db8::2'), 429)
  t.equal(await status('2001:db8::2', '/nowhere'), 429)
  t.equal(await status('2001:db8:0:1::2'), 200)
  t.equal(await status('192.0.2.1'), 200)
})

t.test('the headers are beside those of rate limits, and operational routes are not limited', async (t) => {
  const { app, gate } = await build(t, { max: 1, by: 'ip' })
  await app.register(rateLimit, { max: 5 })
  app.get('/limited', async () => 'ok')
  app.get('/probe', { config: { operational: 'probe' } }, async () => 'ok')
  const { headers } = await app.inject('/limited')
  t.equal(headers.ratelimit, '"concurrency";r=0, "ip";r=4;t=60')
  t.equal(headers['ratelimit-policy'], '"concurrency";q=1;qu="concurrent-requests", "ip";q=5;w=60')
  t.equal(headers['x-ratelimit-remaining'], '4')
  void app.inject('/wait')
  await until('it to run', () => gate.waiting === 1)
  t.equal((await app.inject('/limited')).statusCode, 429)
  t.equal((await app.inject('/probe')).statusCode, 200)
})

t.test('a limit that observes rejects nothing, and says what it would reject', async (t) => {
  const { lines, logger } = captureLog('warn')
  const { app, gate } = await build(t, { max: 1, mode: 'observe' }, { logger })
  void app.inject(as('ada'))
  await until('it to run', () => gate.waiting === 1)
  t.equal((await app.inject(as('ada', '/now'))).statusCode, 200)
  t.match(lines.join(), /a request over the limit concurrency would be rejected/)
})

t.test('with all parts together it is off, unless it is configured', async (t) => {
  for (const [options, status] of [
    [{}, 200],
    [{ concurrency: { max: 1, by: 'ip' } }, 429]
  ] as const) {
    const gate = new Gate()
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(security, options)
    app.get('/wait', async () => gate.wait())
    app.get('/now', async () => 'ok')
    const first = app.inject('/wait')
    await until('it to run', () => gate.waiting === 1)
    t.equal((await app.inject('/now')).statusCode, status)
    gate.open()
    await first
  }
})

t.test(
  'whatever keys and orders there are, no key has more than its places and all are given back',
  async (t) => {
    const { app, gate, now } = await build(t, { max: 2 })
    const key = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor', 'a b', '{a}'), fc.string({ unit: fc.constantFrom('a', ':', '%', '\\', '"', 'é', '0') , minLength: 1, maxLength: 200 }).map((text) => Buffer.from(text).toString('latin1'))) // prettier-ignore
    await fc.assert(
      fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 12 }), async (users) => {
        const counts = new Map<string, number>()
        for (const user of users) counts.set(user.trim(), (counts.get(user.trim()) ?? 0) + 1)
        counts.delete('')
        const expected = [...counts.values()].reduce((sum, count) => sum + Math.min(2, count), 0)
        const responses = users
          .filter((user) => user.trim() !== '')
          .map((user) => app.inject(as(user.trim())))
        await until('all to run or be refused', () => gate.waiting >= expected)
        t.equal(now(), expected)
        gate.open()
        const codes = (await Promise.all(responses)).map(({ statusCode }) => statusCode)
        t.equal(codes.filter((code) => code === 200).length, expected)
        await until('all to have left', () => now() === 0)
      }),
      { numRuns: 50 }
    )
  }
)

t.test('two apps, and two registrations in scopes of one app, count apart', async (t) => {
  const [one, two] = [await build(t, { max: 1 }), await build(t, { max: 1 })]
  void one.app.inject(as('ada'))
  await until('it to run', () => one.gate.waiting === 1)
  t.equal((await one.app.inject(as('ada', '/now'))).statusCode, 429)
  t.equal((await two.app.inject(as('ada', '/now'))).statusCode, 200)

  const gate = new Gate()
  const app = Fastify()
  t.teardown(() => app.close())
  for (const name of ['shop', 'blog']) {
    void app.register(
      async (scope) => {
        await scope.register(concurrencyLimit, { max: 1, by: 'ip' })
        scope.get('/wait', async () => gate.wait())
        scope.get('/now', async () => 'ok')
      },
      { prefix: `/${name}` }
    )
  }
  const first = app.inject('/shop/wait')
  await until('it to run', () => gate.waiting === 1)
  const refused = await app.inject('/shop/now')
  t.equal(refused.statusCode, 429)
  const passed = await app.inject('/blog/now')
  t.equal(passed.statusCode, 200)
  t.match(
    [refused, passed].map(({ headers }) => headers.ratelimit),
    ['"concurrency";r=0', '"2 concurrency";r=0']
  )
  gate.open()
  await first
})

t.test('wrong options stop the start', async (t) => {
  const register = async (options: unknown, route?: unknown): Promise<FastifyInstance> => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(concurrencyLimit, options as ConcurrencyOptions)
    if (route !== undefined) app.get('/', { config: { concurrency: route as never } }, async () => 'ok')
    return app
  }
  for (const options of [
    { max: 0 },
    { max: '2' },
    { by: 'tenant' },
    { keyGenerator: 'x' },
    { leaseTime: 999 },
    { storeTimeout: 0 },
    { onStoreError: 'ignore' },
    { global: 1 },
    { name: '' },
    { limit: 3 },
    { redis: 'redis://localhost' },
    { observe: 1 }
  ])
    // prettier-ignore
    await t.rejects(register(options), { code: 'INVALID_OPTION', message: /concurrency/ }, JSON.stringify(options))
  for (const route of [{ max: 0 }, 5, { maximum: 3 }])
    await t.rejects(register({}, route), { code: 'INVALID_OPTION' }, JSON.stringify(route))
})

t.test('a key that comes later, by whatever kind of promise, counts apart', async (t) => {
  // oxlint-disable-next-line unicorn/no-thenable -- that is what the test is about
  const thenable = (key: string) => ({ then: (done: (key: string) => void) => done(key) })
  for (const later of [thenable, async (key: string) => key]) {
    const keyGenerator = ({ headers }: FastifyRequest) => later(headers['x-key'] as string) as Promise<string>
    const app = createApp(t)
    await app.register(concurrencyLimit, { max: 1, by: 'ip', keyGenerator })
    const { promise, resolve } = Promise.withResolvers<string>()
    let waiting = 0
    app.get('/wait', () => (waiting++, promise))
    app.get('/', ok)
    const first = app.inject({ url: '/wait', headers: { 'x-key': 'a' } })
    await until('it to run', () => waiting === 1)
    t.same(await statuses(app, 1, { url: '/', headers: { 'x-key': 'a' } }), [429])
    t.same(await statuses(app, 1, { url: '/', headers: { 'x-key': 'b' } }), [200])
    resolve('done')
    t.equal((await first).statusCode, 200)
  }
})

t.test('a request that the app routes again gives both of its places back', async (t) => {
  const app = createApp(t)
  await app.register(concurrencyLimit, { max: 2, by: 'ip' })
  app.get('/again', ({ raw }, reply) => {
    reply.hijack()
    raw.url = '/there'
    app.routing(raw, reply.raw)
  })
  app.get('/there', ok)
  await app.listen({ port: 0, host: '127.0.0.1' })
  for (let i = 0; i < 4; i++) {
    const response = await fetch(`${app.listeningOrigin}/again`)
    t.equal(response.status, 200)
    await response.text()
  }
})
