import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { lifecyclePort, managementPort, provide, whenProvided } from '@seaworthy/contract'
import { until } from '@seaworthy/testing'
import { build, listen } from './helpers.ts'

const management = { port: 0 }

t.test('the page is one document, one script and one style, of this listener alone', async (t) => {
  const { app } = await build(t, { management })
  await app.ready()
  const listener = app.observability.management!
  const page = await listener.inject('/')
  t.match(page.headers, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin'
  })
  const policy = String(page.headers['content-security-policy'])
  t.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'/)
  t.notMatch(policy, /unsafe|https?:|\*/)
  t.notMatch(page.body, /<style|style=|<script>|\son\w+=|https?:\/\/(?!www\.w3\.org)/)

  const [script, style] = ['src', 'href'].map(
    (name) => new RegExp(`${name}="(/assets/[^"]+)"`).exec(page.body)![1]!
  )
  for (const [url, type] of [
    [script!, /^text\/javascript/],
    [style!, /^text\/css/]
  ] as const) {
    const plain = await listener.inject(url)
    t.match(plain.headers, { 'content-type': type, 'cache-control': /immutable/ })
    t.notMatch(plain.body, /https?:\/\/(?!www\.w3\.org)/, 'no other host')
    const small = await listener.inject({ url, headers: { 'accept-encoding': 'gzip, br' } })
    t.equal(small.headers['content-encoding'], 'br')
    t.ok(small.rawPayload.length < gzipSync(plain.rawPayload).length)
  }
  t.equal((await listener.inject('/assets/other.js')).statusCode, 404)
})

t.test('/status.json has figures of each route, of the last minute', async (t) => {
  const { app } = await build(t, { management, logging: { slowThreshold: 1000 } }, (app) => {
    app.get('/users/:id', async () => 'ok')
    app.get('/idle', async () => 'ok')
    app.get('/broken', async () => {
      throw new TypeError('the password is hunter2')
    })
    app.get('/slow', { config: { observability: { slowThreshold: 0 } } }, async () => 'late')
  })
  await app.ready()
  for (let n = 0; n < 30; n++) await app.inject(`/users/${n}`)
  for (let n = 0; n < 10; n++) await app.inject('/broken')
  await app.inject({ url: '/slow', headers: { 'x-correlation-id': 'from-a-client' } })
  await app.inject('/nowhere')

  const status = (await app.observability.management!.inject('/status.json')).json()
  const route = (url: string) => status.routes.find((row: { route: string }) => row.route === url)
  t.match(route('/users/:id'), {
    method: 'GET',
    errorShare: 0,
    total: 30,
    inFlight: 0,
    isFailing: false,
    isSlow: false
  })
  t.ok(route('/users/:id').p50 <= route('/users/:id').p99 && route('/users/:id').rate > 0)
  t.match(route('/broken'), { errorShare: 1, isFailing: true })
  t.match(route('/slow'), { isSlow: true, slowAfter: 0 })
  t.equal(route('__unmatched__').total, 1)
  t.equal(route('/idle'), undefined, 'routes without requests are in the details')
  t.match(status.details.routes, [
    { method: 'GET', route: '/users/:id' },
    { method: 'GET', route: '/idle' }
  ])
  t.match(status.verdict, { state: 'degraded', title: 'Degraded' })
  t.match(status.verdict.findings[0], { severity: 'warn', text: /% of requests fail/ })

  const [first] = status.recent
  t.match(first, { route: '/slow', statusCode: 200, isSlow: true, correlationId: 'from-a-client' })
  const failed = status.recent.find(({ statusCode }: { statusCode: number }) => statusCode === 500)
  t.match(failed, { method: 'GET', route: '/broken', error: 'TypeError', traceId: /^[\da-f]{32}$/ })
  t.notMatch(JSON.stringify(status), /hunter2/)
})

t.test(
  'only the last fifty failed or slow requests are kept, and none where that is switched off',
  async (t) => {
    const fails = (app: Parameters<NonNullable<Parameters<typeof build>[2]>>[0]) =>
      app.get('/', async () => {
        throw new Error('no')
      })
    const { app } = await build(t, { management }, fails)
    await app.ready()
    for (let n = 0; n < 80; n++) await app.inject('/')
    const { recent } = (await app.observability.management!.inject('/status.json')).json()
    t.ok(recent.length > 0 && recent.length <= 50)

    const { app: other } = await build(t, { management: { port: 0, recentRequests: false } }, fails)
    await other.ready()
    await other.inject('/')
    t.equal((await other.observability.management!.inject('/status.json')).json().recent, undefined)
  }
)

t.test('requests in flight are counted by route', async (t) => {
  const { app } = await build(t, { management }, (app) => {
    app.get('/waits/:id', (_request, reply) => void reply.raw.once('close', () => undefined))
  })
  const port = await listen(app)
  const requests = [1, 2].map((id) => get({ port, path: `/waits/${id}` }).on('error', () => undefined))
  const inFlight = async () => {
    const { routes } = (await app.observability.management!.inject('/status.json')).json()
    return routes.find(({ route }: { route: string }) => route === '/waits/:id')?.inFlight
  }
  await until('two requests in flight', async () => (await inFlight()) === 2)
  for (const request of requests) request.destroy()
  await until('none in flight', async () => (await inFlight()) === 0)
})

t.test('/info has name and versions', async (t) => {
  const { app } = await build(t, {
    management,
    metrics: { buildInfo: { name: 'shop', version: '1.2.3', commit: 'abc1234' } }
  })
  await app.ready()
  t.match((await app.observability.management!.inject('/info')).json(), {
    name: 'shop',
    version: '1.2.3',
    commit: 'abc1234',
    node: process.version,
    fastify: app.version,
    startedAt: /^\d{4}-/
  })
})

t.test('events have the changing part; with enough pages, a further one polls', async (t) => {
  const { app } = await build(t, { management })
  await app.ready()
  const { port } = app.observability.management!
  const open = async (): Promise<IncomingMessage> => {
    const [response] = (await once(get({ port, path: '/events' }), 'response')) as [IncomingMessage]
    t.teardown(() => response.destroy())
    return response
  }
  const page = await open()
  t.equal(page.headers['content-type'], 'text/event-stream')
  page.setEncoding('utf8')
  let text = ''
  for await (const part of page) {
    text += part
    if (/\ndata: .*\n\n/.test(text)) break
  }
  const status = JSON.parse(/\ndata: (.*)\n\n/.exec(text)![1]!)
  t.match(status, { verdict: { state: 'well' }, pid: process.pid })
  t.notOk('details' in status)

  const pages = await Promise.all(Array.from({ length: 9 }, open))
  t.same(pages.map(({ statusCode }) => statusCode).filter((code) => code === 503).length > 0, true)
  for (const one of pages) one.destroy()
  await until('room for a page', async () => (await open()).statusCode === 200)
})

t.test('checks, breakers and the drain decide about the verdict, worst first', async (t) => {
  let health: Record<string, unknown> = { status: 'ready', checks: {} }
  let breakers: object[] = []
  const { app } = await build(t, { management }, (app) => {
    whenProvided(app, managementPort, (port) => {
      port.section('health', () => health)
      port.section('breakers', () => ({ breakers }))
      port.section('rate limits', () => ({ store: { kind: 'redis', up: true } }))
    })
  })
  await app.ready()
  const verdict = async () => (await app.observability.management!.inject('/status.json')).json().verdict
  t.same(await verdict(), { state: 'well', title: 'All is well', findings: [] })

  breakers = [
    { name: 'payments', state: 'open', lastChange: { at: 0, to: 'open', reason: 'x', error: 'refused' } }
  ]
  t.match(await verdict(), { state: 'degraded', findings: [{ text: 'Breaker payments is open: refused' }] })
  health = {
    status: 'not ready',
    checks: {
      cache: { status: 'fail', critical: false },
      database: { status: 'fail', critical: true, error: 'no route to host' }
    }
  }
  const outage = await verdict()
  t.match(outage, { state: 'outage', title: 'Not serving' })
  t.match(outage.findings[0], { severity: 'bad', text: 'Check database fails: no route to host' })
  t.equal(outage.findings.length, 3)
  health = { status: 'not ready', reason: 'broken', held: [] }
  t.match(await verdict(), { state: 'outage', findings: [{ severity: 'bad', text: /^The app is broken/ }] })
  for (const reason of ['draining', 'maintenance', 'starting']) {
    health = { status: 'not ready', reason, held: [] }
    t.equal((await verdict()).state, reason)
  }
})

t.test('a store that does not answer is in the verdict, with its reason', async (t) => {
  const stores: Record<string, object> = {}
  const { app } = await build(t, { management }, (app) => {
    whenProvided(app, managementPort, (port) => {
      for (const name of ['logins', 'rate limits']) port.section(name, () => ({ store: stores[name] }))
    })
  })
  await app.ready()
  const status = async () => (await app.observability.management!.inject('/status.json')).json()
  stores['logins'] = stores['rate limits'] = { kind: 'redis', up: true }
  t.same((await status()).verdict, { state: 'well', title: 'All is well', findings: [] })
  stores['logins'] = { kind: 'redis', up: false, reason: 'connect ECONNREFUSED' }
  stores['rate limits'] = { kind: 'redis', up: false }
  const { verdict, sections } = await status()
  t.equal(verdict.state, 'degraded')
  t.same(
    verdict.findings.map(({ text }: { text: string }) => text),
    ['The store of logins does not answer: connect ECONNREFUSED', 'The store of rate limits does not answer']
  )
  t.match(sections.logins, { store: { up: false } })
})

t.test('two thousand busy routes are all in the status', async (t) => {
  const { app } = await build(t, { management, metrics: { maxSeries: 10_000 } }, (app) => {
    for (let n = 0; n < 2000; n++) app.get(`/route-${n}`, async () => 'ok')
  })
  await app.ready()
  for (let n = 0; n < 2000; n++) await app.inject(`/route-${n}`)
  const listener = app.observability.management!
  const { routes, details } = (await listener.inject('/status.json')).json()
  t.equal(routes.length, 2000)
  t.equal(details.routes.length, 2000)
})

t.test('the shutdown begins where it is allowed, and only there', async (t) => {
  for (const allowShutdown of [false, true]) {
    let reason: string | undefined
    const { app } = await build(t, { management: { port: 0, allowShutdown } }, (app) => {
      provide(app, lifecyclePort, {
        state: 'running',
        onDrain() {},
        onShutdown() {},
        onFlush() {},
        async begin(why) {
          reason = why
        }
      })
    })
    await app.ready()
    const listener = app.observability.management!
    const { statusCode } = await listener.inject({ method: 'POST', url: '/shutdown' })
    t.equal(statusCode, allowShutdown ? 202 : 404)
    if (allowShutdown) await until('the shutdown', () => reason === 'an operator')
    t.equal(
      (await listener.inject('/status.json')).json().details.actions.includes('POST /shutdown'),
      allowShutdown
    )
  }
})

t.test('a request runs the same hooks with and without the page', async (t) => {
  const hooks = async (options: object) => {
    const { app } = await build(t, options, (app) => app.get('/work', async () => 'ok'))
    await app.ready()
    const lines = app.printRoutes({ includeHooks: true, commonPrefix: false }).split('\n')
    const at = lines.findIndex((line) => line.includes('work'))
    return lines.slice(at, at + 5).map((line) => line.replace(/^[^a-z•]*/i, ''))
  }
  const withPage = await hooks({ management })
  t.match(withPage.join(), /onResponse/)
  t.same(withPage, await hooks({ metrics: { path: '/z' } }))
})
