// The end of a real process: what it waits for, what it cuts, what it closes, and its exit code.
import { once } from 'node:events'
import { connect } from 'node:net'
import { rawSocket, until } from '@seaworthy/testing'
import t from 'tap'
import { line, service } from './support/service.ts'

/** No delay: these tests are about the phases after it. */
const now = { drainDelay: 0 }
/** Milliseconds, far above the time limit of a test: a process that exits before has not waited for the deadline. */
const never = 600_000
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

t.test('an idle keep-alive connection is closed, and a response in flight announces its end', async (t) => {
  const app = await service(t, { ...now, timeout: never })
  const client = await rawSocket(t, app.port, get('/slow?ms=600'))
  const idle = await rawSocket(t, app.port, get('/'))
  await until('the answer', () => /"pid"/.test(idle.received()))
  app.kill()

  t.equal((await app.exit).code, 0)
  t.match(client.received(), /^HTTP\/1\.1 200[^]*connection: close[^]*"pid"/i)
})

t.test(
  'a request that arrives while the event loop is blocked is answered: its connection does not count as idle',
  async (t) => {
    const app = await service(t, { ...now, timeout: never })
    const [waits, stalls, late] = [
      await rawSocket(t, app.port, get('/slow?ms=4000')),
      await rawSocket(t, app.port, get('/')),
      await rawSocket(t, app.port, get('/'))
    ]
    await until('the answers', () => /"pid"/.test(stalls.received()) && /"pid"/.test(late.received()))
    app.kill()
    await app.waitFor(/draining/)
    stalls.socket.write(get('/stall'))
    await app.waitFor(/"stalls"/)
    late.socket.write(get('/'))
    t.equal((await app.exit).code, 0)
    t.equal(late.received().match(/200 OK/g)?.length, 2)
    t.match(stalls.received(), /stalled/)
    t.match(waits.received(), /200 OK/)
  }
)

t.test('preconnected sockets and half-sent heads are closed without waiting for the deadline', async (t) => {
  const app = await service(t, { drainDelay: { min: 100, max: 3000 }, timeout: never })
  const sockets = await Promise.all([
    rawSocket(t, app.port),
    rawSocket(t, app.port, 'GET / HTTP/1.1\r\nhost:'),
    rawSocket(t, app.port, get('/'))
  ])
  await until('the answer', () => /"pid"/.test(sockets[2].received()))
  app.kill()
  t.equal((await app.exit).code, 0)
  await Promise.all(sockets.map(({ closed }) => closed))
})

t.test(
  'a hanging handler is logged with method, route, id and age, and cut at the deadline with exit code 1',
  async (t) => {
    const app = await service(t, { ...now, timeout: 500 })
    const client = await rawSocket(t, app.port, get('/hang/7'))
    await app.waitFor(/hanging/)
    app.kill()
    t.equal((await app.exit).code, 1)
    await client.closed
    const cut = line(app, /were cut/)
    t.match(cut, { count: 1, requests: [{ method: 'GET', route: '/hang/:id', id: 'req-1' }] })
    t.match(cut?.requests, [{ age: Number }])
  }
)

t.test('during the drain readiness fails, liveness passes and routes are served', async (t) => {
  const app = await service(t, { drainDelay: { min: 3000, max: 6000 } })
  const url = `http://127.0.0.1:${app.port}`
  t.equal((await fetch(`${url}/health/ready`)).status, 200)
  app.kill()
  await app.waitFor(/draining/)
  t.equal((await fetch(`${url}/health/ready`)).status, 503)
  t.equal((await fetch(`${url}/health/live`)).status, 200)
  t.equal((await fetch(`${url}/`)).status, 200)
  t.equal((await app.exit).code, 0)
})

for (const [path, origin] of [
  ['/throw', 'uncaughtException'],
  ['/reject', 'unhandledRejection']
] as const) {
  t.test(`${origin} with 50 requests in flight lets all 50 be answered, with exit code 1`, async (t) => {
    const app = await service(t, { fatal: { timeout: 20_000 } })
    const clients = await Promise.all(
      Array.from({ length: 50 }, () => rawSocket(t, app.port, get('/slow?ms=1500')))
    )
    await until('the requests to be in flight', async () => {
      const answer = await fetch(`http://127.0.0.1:${app.port}/in-flight`)
      return Number(await answer.text()) >= 51
    })
    const last = await rawSocket(t, app.port, get(path))
    t.equal((await app.exit).code, 1)
    const answered = clients.filter((client) => client.received().startsWith('HTTP/1.1 200'))
    t.equal(answered.length, 50)
    t.match(last.received(), /answered/)
    t.match(line(app, new RegExp(`shutdown: ${origin}`)), {
      level: 60,
      origin,
      err: { message: /test error/ }
    })
  })
}

t.test(
  'resources close in reverse order after the last response, even if one of them throws or hangs',
  async (t) => {
    const app = await service(t, now, { RESOURCES: 'yes' })
    const client = await rawSocket(t, app.port, get('/slow?ms=300'))
    const probe = await fetch(`http://127.0.0.1:${app.port}/`)
    await probe.text()
    app.kill()
    t.equal((await app.exit).code, 1)
    t.match(client.received(), /"pid"/)
    const order = app.logs().flatMap(({ order, resource }) => order ?? resource ?? [])
    t.strictSame(order.slice(-6), ['onClose', 'last', 'throws', 'hangs', 'first', 'telemetry'])
    t.ok(order.lastIndexOf('answer') < order.indexOf('onClose'), 'after the last answer')
    t.match(line(app, /"hangs" did not close/), { err: { message: 'took longer than 200 ms' } })
    t.match(line(app, /^draining$/), { reason: 'SIGTERM' })
  }
)

for (const how of ['hang', 'throw']) {
  t.test(`resources close although an onClose hook ${how}s`, async (t) => {
    const app = await service(t, { ...now, closeTimeout: 400 }, { BROKEN_HOOK: how, ONLY_RESOURCE: 'yes' })
    app.kill()
    t.equal((await app.exit).code, 1)
    t.match(line(app, /app\.close\(\) failed/), { level: 50 })
    t.ok(line(app, /closed the only resource/))
  })
}

t.test('event streams are ended, not cut', async (t) => {
  const app = await service(t, { drainDelay: { min: 100, max: 3000 }, streamGrace: 100, timeout: never })
  const hijacked = await rawSocket(t, app.port, get('/events'))
  const piped = await rawSocket(t, app.port, get('/piped'))
  await until('both to stream', () => /hello/.test(hijacked.received()) && /tick/.test(piped.received()))
  app.kill()
  t.equal((await app.exit).code, 0)
  await Promise.all([hijacked.closed, piped.closed])
  t.match(hijacked.received(), /\r\n0\r\n\r\n$/, 'the chunked body is complete')
  t.match(piped.received(), /\r\n0\r\n\r\n$/)
})

for (const [where, WEBSOCKET] of [
  ['at the root', 'root'],
  ['in a child scope', 'scoped']
] as const) {
  t.test(`WebSockets registered ${where} are closed with 1001`, async (t) => {
    const app = await service(t, { ...now, streamGrace: 100, timeout: never }, { WEBSOCKET })
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/ws`)
    await once(socket, 'message')
    const closed = once(socket, 'close') as Promise<[CloseEvent]>
    app.kill()
    const [{ code }] = await closed
    t.equal(code, 1001)
    t.equal((await app.exit).code, 0)
  })
}

t.test('a WebSocket whose peer does not answer the closing handshake is destroyed', async (t) => {
  const app = await service(t, { ...now, streamGrace: 0, timeout: never }, { WEBSOCKET: 'root' })
  const upgrade =
    'GET /ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
    'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  const client = await rawSocket(t, app.port, upgrade)
  await until('the upgrade', () => /101/.test(client.received()))
  app.kill()
  t.equal((await app.exit).code, 0)
  await client.closed
})

t.test('requests on both addresses of localhost are answered, and both stop accepting', async (t) => {
  const app = await service(t, { ...now, timeout: never }, { HOST: 'localhost' })
  const answers = await Promise.all(
    ['127.0.0.1', '127.0.0.2'].map(async (host) => {
      const socket = connect(app.port, host)
      let text = ''
      socket.on('data', (data) => {
        text += data.toString()
      })
      await once(socket, 'connect')
      socket.write(get('/hello') + get('/slow?ms=800'))
      await until('the first answer', () => /404/.test(text))
      return { text: () => text, closed: once(socket, 'close') }
    })
  )
  app.kill()
  t.equal((await app.exit).code, 0)
  for (const { text, closed } of answers) {
    await closed
    t.match(text(), /200 OK[^]*"pid"/)
  }
})

t.test('app.close() called by the app answers requests in flight and closes idle connections', async (t) => {
  const app = await service(t, { timeout: 20_000 }, { RESOURCES: 'yes' })
  const sockets = await Promise.all([
    rawSocket(t, app.port, get('/slow?ms=600')),
    rawSocket(t, app.port, get('/')),
    rawSocket(t, app.port),
    rawSocket(t, app.port, 'GET / HT'),
    rawSocket(t, app.port, get('/slow?ms=600').repeat(3))
  ])
  await until('the answer', () => /"pid"/.test(sockets[1].received()))
  const closing = await rawSocket(t, app.port, get('/close'))
  t.match(await app.exit, { code: 0 }, 'the process ends by itself')
  t.match(sockets[0].received(), /connection: close[^]*"pid"/i)
  t.match(closing.received(), /closing/)
  t.equal(sockets[4].received().match(/200 OK[^]*?"pid"/g)?.length, 3, 'pipelined requests too')
  t.ok(line(app, /closed by the app/))
  t.same(
    app.logs().flatMap(({ order }) => (order === 'first' || order === 'last' ? order : [])),
    ['last', 'first']
  )
})

t.test("the app's own exit code is kept after a clean shutdown", async (t) => {
  const app = await service(t, { drainDelay: 0 }, { EXIT_CODE: '3' })
  app.kill()
  t.equal((await app.exit).code, 3)
  t.match(line(app, /shutdown: done/), { code: 3 })
})

t.test('the start warns when the platform would kill too early', async (t) => {
  const env = { TERMINATION_GRACE_PERIOD_SECONDS: '20' }
  const app = await service(t, { drainDelay: { min: 5000, max: 15_000 }, timeout: 10_000 }, env)
  await app.waitFor(/the platform kills after 20000 ms/)
  t.match(line(app, /the platform kills/), { level: 40, budget: 32_000, gracePeriod: 20_000 })
  const fits = await service(t, { timeout: 9000 }, env)
  fits.kill()
  await fits.exit
  t.notOk(line(fits, /the platform kills/), 'the defaults leave room for the option')
})
