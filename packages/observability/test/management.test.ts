import { createServer, type AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { mock } from 'node:test'
import t from 'tap'
import { managementPort, whenProvided } from '@seaworthy/contract'
import { freePort } from '@seaworthy/testing'
import { observability } from '@seaworthy/observability'
import { build, listen, total } from './helpers.ts'

const token = 'a-very-long-token'

t.test('metrics move to the management port, and the app answers 404 for them', async (t) => {
  const { app } = await build(t, { management: { port: 0, token } }, (app) => app.get('/', async () => 'ok'))
  const port = await listen(app)
  await fetch(`http://127.0.0.1:${port}/`)
  t.equal((await fetch(`http://127.0.0.1:${port}/metrics`)).status, 404)

  const scrape = async (authorization?: string) =>
    fetch(`http://127.0.0.1:${app.observability.management!.port}/metrics`, {
      headers: authorization === undefined ? {} : { authorization }
    })
  t.equal((await scrape()).status, 401)
  t.equal((await scrape('Bearer wrong')).status, 401)
  t.match((await scrape('Bearer wrong')).headers.get('www-authenticate'), /Bearer/)
  const response = await scrape(`Bearer ${token}`)
  t.equal(response.status, 200)
  t.equal(total(await response.text(), 'http_requests_total', /status_code="200"/), 1)
})

t.test('an address list rejects other addresses, without a token too', async (t) => {
  const { app } = await build(t, { management: { port: 0, allow: ['10.0.0.0/8'] } })
  await app.ready()
  const ask = async (remoteAddress: string) =>
    (await app.observability.management!.inject({ url: '/status', remoteAddress })).statusCode
  t.strictSame([await ask('127.0.0.1'), await ask('10.2.3.4'), await ask('::ffff:10.2.3.4')], [403, 200, 200])
})

t.test('a public address is fine with a token', async (t) => {
  const { app } = await build(t, { management: { port: 0, host: '0.0.0.0', token } })
  await app.ready()
  t.ok(app.observability.management!.port)
})

t.test('a used port stops the start', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const { app } = await build(t, { management: { port } })
  await t.rejects(async () => app.ready(), { code: 'EADDRINUSE' })
})

t.test('the port is free again after close', async (t) => {
  const port = await freePort()
  for (let n = 0; n < 3; n++) {
    const app = Fastify()
    await app.register(observability, { management: { port } })
    await app.ready()
    t.equal((await fetch(`http://127.0.0.1:${port}/status`)).status, 200)
    await app.close()
    await t.rejects(fetch(`http://127.0.0.1:${port}/status`))
  }
})

t.test('the log level changes at run time and returns to normal by itself', async (t) => {
  const { app, lines } = await build(t, { management: { port: 0 } }, (app) => {
    app.get('/', async ({ log }) => log.debug('detail') as never)
  })
  await app.ready()
  const { management } = app.observability
  const put = async (payload: object) => management!.inject({ method: 'PUT', url: '/log-level', payload })
  const details = () => lines().filter(({ msg }) => msg === 'detail').length

  await app.inject('/')
  t.equal(details(), 0)
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
  const changed = await put({ level: 'debug', ttl: 1500 })
  t.match(changed.json(), { level: 'debug', normal: 'info', until: /^\d{4}-/ })
  await app.inject('/')
  t.equal(details(), 1)
  mock.timers.tick(1499)
  t.match((await management!.inject('/log-level')).json(), { level: 'debug' })
  mock.timers.tick(1)
  t.match((await management!.inject('/log-level')).json(), { level: 'info' })
  await app.inject('/')
  t.equal(details(), 1)

  await put({ level: 'trace' })
  t.match((await management!.inject({ method: 'DELETE', url: '/log-level' })).json(), {
    level: 'info',
    until: undefined
  })
  t.equal((await put({ level: 'loud' })).statusCode, 400)
  t.equal((await put({ level: 'debug', ttl: 1e12 })).statusCode, 400)
})

t.test(
  'the share of successes that is logged changes at run time and returns to normal by itself',
  async (t) => {
    const options = { management: { port: 0 }, logging: { sampling: 0 } }
    const { app, requests, lines } = await build(t, options, (app) => app.get('/', async () => 'ok'))
    await app.ready()
    const { management } = app.observability
    const put = async (payload: object) =>
      management!.inject({ method: 'PUT', url: '/log-sampling', payload })
    const state = async () => (await management!.inject('/log-sampling')).json<object>()
    const logged = async () => {
      const before = requests().length
      await app.inject('/')
      return requests().length - before
    }
    t.equal(await logged(), 0)
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() })
    t.teardown(() => mock.timers.reset())
    t.match((await put({ sampling: 1, ttl: 1500 })).json(), { sampling: 1, normal: 0, until: /^\d{4}-/ })
    t.match(lines().at(-1), { level: 40, operator: { action: 'PUT /log-sampling', detail: /"sampling":1/ } })
    t.equal(await logged(), 1)
    mock.timers.tick(1500)
    t.strictSame(await state(), { sampling: 0, normal: 0 })
    t.equal(await logged(), 0)

    await put({ sampling: 1 })
    await management!.inject({ method: 'DELETE', url: '/log-sampling' })
    t.strictSame(await state(), { sampling: 0, normal: 0 })
    for (const payload of [{ sampling: 2 }, { sampling: 0.5, ttl: 1e12 }, {}]) {
      t.equal((await put(payload)).statusCode, 400)
    }
  }
)

t.test('other plugins add routes and sections', async (t) => {
  const { app } = await build(t, { management: { port: 0 } }, (app) => {
    whenProvided(app, managementPort, (management) => {
      management.route({ method: 'GET', url: '/breakers', handler: async () => ['users'] })
      management.section('breakers', () => ({ users: { state: 'open' } }))
      management.section('broken', () => {
        throw new Error('no view')
      })
    })
  })
  await app.ready()
  const { management } = app.observability
  t.strictSame((await management!.inject('/breakers')).json(), ['users'])
  const status = (await management!.inject('/status')).json<object>()
  t.match(status, {
    process: { node: process.version },
    breakers: { users: { state: 'open' } },
    broken: { error: 'no view' }
  })
})
