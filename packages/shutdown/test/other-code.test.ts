// Requests that the plugin's hook has not seen, rival listeners of the signals, and handlers that wait for the end.
import { connect as connectHttp2 } from 'node:http2'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import proxy from '@fastify/http-proxy'
import { rawSocket, startNode, until } from '@seaworthy/testing'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { shutdown, shutdownServerOptions, type ShutdownOptions } from '../src/index.ts'
import { line, service } from './support/service.ts'

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

function start(t: Test, WITH: string, options: ShutdownOptions = {}) {
  const env = { NODE_ENV: '', WITH, OPTIONS: JSON.stringify(options) }
  return startNode(t, join(import.meta.dirname, 'fixtures/other-code.ts'), { env })
}

async function listening(t: Test, WITH: string, options: ShutdownOptions = {}) {
  const running = start(t, WITH, options)
  const [, port] = await running.waitFor(/^port (\d+)/m)
  return { running, port: Number(port) }
}

const soon = { drainDelay: 0, timeout: 600 }

for (const [WITH, path, what] of [
  ['held', '/held?token=abc', 'held by an earlier hook'],
  ['beside', '/engine?token=abc', 'answered beside Fastify']
] as const) {
  t.test(`a request that is ${what} is named when it is cut, and the exit code is 1`, async (t) => {
    const { running, port } = await listening(t, WITH, soon)
    const client = await rawSocket(t, port, get(path))
    // Connections are read in their order.
    const other = await rawSocket(t, port, get('/'))
    await until('an answer', () => other.received().endsWith('fresh'))
    running.kill()
    t.equal((await running.exit).code, 1)
    await client.closed
    const requests = [{ method: 'GET', url: path.slice(0, path.indexOf('?')) }]
    t.match(line(running, /1 request, .* were cut after/), { level: 40, requests })
    t.notMatch(running.output().slice(running.output().indexOf('draining')), /abc/)
  })
}

t.test('an HTTP/2 stream that no hook has seen is named when it is cut', async (t) => {
  const { running, port } = await listening(t, 'h2 held', soon)
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  const held = session.request({ ':path': '/held' })
  held.on('error', () => undefined)
  const other = session.request({ ':path': '/' })
  await once(other.resume(), 'end')
  running.kill()
  t.equal((await running.exit).code, 1)
  t.match(line(running, /were cut/), { level: 40, count: 0, sessions: 1 })
})

t.test("a long poll of socket.io is ended with the streams, which isn't a cut", async (t) => {
  const { running, port } = await listening(t, 'beside', {
    drainDelay: 0,
    streamGrace: 100,
    timeout: 600_000
  })
  const client = await rawSocket(t, port, get('/engine/?EIO=4&transport=polling'))
  await until('the head', () => /begun/.test(client.received()))
  running.kill()
  t.equal((await running.exit).code, 0)
  t.notOk(line(running, /were cut/))
})

t.test('a forgotten listener that closes the app is named, and does not shorten the drain', async (t) => {
  const options = { drainDelay: { min: 1000, max: 3000 }, timeout: 3000 }
  const { running, port } = await listening(t, 'closer', options)
  await running.waitFor(/another listener of SIGTERM/)
  t.match(line(running, /another listener of SIGTERM \(oldHandler\)/), { level: 40 })
  const slow = await rawSocket(t, port, get('/slow'))
  await running.waitFor(/slow begins/)
  running.kill()
  await running.waitFor(/shutdown: draining/)
  const fresh = await rawSocket(t, port, get('/'))
  await running.exit
  t.match(slow.received(), /200 OK[^]*slow$/)
  t.match(fresh.received(), /200 OK[^]*fresh$/)
  t.equal(running.output().match(/another listener/g)?.length, 1, 'once')
})

for (const [WITH, how] of [
  ['first later', 'in front of ours'],
  ['instead', 'in place of ours']
] as const) {
  t.test(`a listener that is added ${how} once the app listens is named at once`, async (t) => {
    const { running } = await listening(t, WITH, soon)
    await running.waitFor(/another listener of SIGTERM \(newHandler\)/)
    running.kill()
    t.equal((await running.exit).code, 0)
  })
}

t.test('without other listeners nothing is said', async (t) => {
  const { running } = await listening(t, '')
  running.kill()
  t.equal((await running.exit).code, 0)
  t.strictSame(
    running.logs().filter(({ level }) => Number(level) >= 40),
    []
  )
})

t.test('a signal while plugins load closes the resources and exits, without a drain', async (t) => {
  const running = start(t, 'boot')
  await running.waitFor(/connecting/)
  running.kill()
  t.equal((await running.exit).code, 0)
  t.ok(line(running, /closed the database/))
  t.notOk(line(running, /did not close|failed/))
})

for (const path of ['/stop', '/close']) {
  t.test(`a handler that awaits its own end at ${path} is named before the deadline`, async (t) => {
    const { running, port } = await listening(t, '', { drainDelay: 0, timeout: 3000 })
    const client = await rawSocket(t, port, get(path))
    await running.waitFor(/call them there without await/)
    t.match(line(running, /waits for itself/), { level: 40, requests: [{ route: path }] })
    t.notOk(line(running, /were cut/))
    const { code } = await running.exit
    // The promise of app.close() is Fastify's, which waits for the connection.
    t.equal(line(running, /were cut/) !== undefined, path === '/close')
    if (path === '/stop') t.equal(code, 0)
    if (path === '/stop') t.match(client.received(), /200 OK[^]*{"code":1}$/)
  })
}

t.test('proxied requests with a body leave the service alive, and count as ended', async (t) => {
  const upstream = createServer((request, response) => void request.pipe(response)).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => upstream.close())
  const app = Fastify(shutdownServerOptions())
  t.teardown(() => app.close())
  await app.register(shutdown, { exit: false, drainDelay: 0, timeout: 600_000 })
  const { port } = upstream.address() as AddressInfo
  await app.register(proxy, { upstream: `http://127.0.0.1:${port}`, prefix: '/up' })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const send = (body: string) =>
    fetch(`${address}/up/x`, { method: 'PUT', body }).then((response) => response.text())
  t.strictSame(await Promise.all(['a', 'b', 'c'].map(send)), ['a', 'b', 'c'])
  t.equal(await send('d'), 'd')
  t.equal(await app.shutdown.begin(), 0)
})

t.test('resources that are added while others close are closed, later ones are refused', async (t) => {
  const app = Fastify(shutdownServerOptions())
  t.teardown(() => app.close())
  await app.register(shutdown, { exit: false, drainDelay: 0 })
  const closed: string[] = []
  app.shutdown.onShutdown('pool', () => closed.push('pool'))
  app.shutdown.onShutdown('queue', async () => {
    app.shutdown.onShutdown('journal', () => {
      closed.push('journal')
      app.shutdown.onFlush('trace', () => {
        closed.push('trace')
        app.shutdown.onFlush('spans', () => closed.push('spans'))
      })
    })
    closed.push('queue')
  })
  app.shutdown.onDrain(() => app.shutdown.onDrain((reason) => closed.push(reason)))
  await app.ready()
  t.equal(await app.shutdown.begin('a test'), 0)
  t.strictSame(closed, ['a test', 'queue', 'journal', 'pool', 'trace', 'spans'])
  for (const add of ['onShutdown', 'onFlush'] as const)
    t.throws(() => app.shutdown[add]('late', () => undefined), { message: /"late" cannot be added/ })
})

t.test('a resource that adds one after another without end does not keep the process', async (t) => {
  const warnings: unknown[] = []
  const stream = { write: (text: string) => void warnings.push(JSON.parse(text)) }
  const app = Fastify({ ...shutdownServerOptions(), logger: { level: 'warn', stream } })
  t.teardown(() => app.close())
  await app.register(shutdown, { exit: false, drainDelay: 0, closeTimeout: 100 })
  const add = (): void =>
    app.shutdown.onShutdown('again', async () => {
      await new Promise<void>((done) => setImmediate(done))
      add()
    })
  add()
  await app.ready()
  t.equal(await app.shutdown.begin(), 1)
  t.match(warnings.at(-1), { resources: ['again'], msg: /no time is left for "again"/ })
})

t.test('a resource may await app.close(), and a signal-free begin() closes it cleanly', async (t) => {
  const app = Fastify(shutdownServerOptions())
  t.teardown(() => app.close())
  await app.register(shutdown, {
    exit: false,
    drainDelay: 0,
    resourceTimeout: 600_000,
    closeTimeout: 600_000
  })
  app.shutdown.onShutdown('framework', () => app.close())
  await app.ready()
  t.equal(await app.shutdown.begin(), 0)
  t.equal(app.shutdown.state, 'closed')
})

t.test('a drain of at least 0 ms still watches for new connections', async (t) => {
  const app = Fastify({ ...shutdownServerOptions(), forceCloseConnections: false })
  t.teardown(() => app.close())
  await app.register(shutdown, { exit: false, drainDelay: { min: 0, max: 600_000 } })
  app.get('/', async () => app.shutdown.state)
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const states: string[] = []
  const ended = app.shutdown.begin()
  for (let count = 0; count < 5; count++) {
    // oxlint-disable-next-line no-await-in-loop -- one connection after another
    states.push(
      await fetch(address, { headers: { connection: 'close' } }).then((response) => response.text())
    )
  }
  t.strictSame(
    states,
    Array.from({ length: 5 }, () => 'draining')
  )
  t.equal(await ended, 0)
})

t.test('a fatal error leaves an idle connection the time for one more request', async (t) => {
  const app = await service(t, { fatal: { timeout: 20_000 } })
  const client = await rawSocket(t, app.port, get('/'))
  await until('the first answer', () => /"pid"/.test(client.received()))
  const failing = await rawSocket(t, app.port, get('/throw'))
  await app.waitFor(/uncaughtException/)
  client.socket.write(get('/'))
  t.equal((await app.exit).code, 1)
  t.match(client.received(), /"pid"[^]*connection: close[^]*"pid"/i)
  t.match(failing.received(), /answered/)
})

t.test('a stray rejection in a test is left to the test runner', async (t) => {
  const running = startNode(t, '', {
    nodeArgs: ['--test', join(import.meta.dirname, 'fixtures/stray-rejection.ts')]
  })
  t.equal((await running.exit).code, 1)
  t.match(running.output(), /the second test runs[^]*tests 2[^]*pass 1[^]*fail 1/)
})

t.test('an inject and a close leave nothing open', async (t) => {
  const running = startNode(t, join(import.meta.dirname, 'fixtures/inject-and-close.ts'))
  t.equal((await running.exit).code, 0)
  t.match(running.output(), /fine 200\nopen: nothing/)
})
