// New connections that wait until the event loop accepts them: no delay of the loop shows that they do.
import { EventEmitter, once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net'
import { until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { resilience } from '../src/index.ts'
import { AcceptQueue } from '../src/shedding/accept-queue.ts'
import { waitingConnections } from '../src/shedding/waiting-connections.ts'

const isLinux = process.platform === 'linux'

for (const host of ['127.0.0.1', '::1']) {
  t.test(`connections to ${host} that are not accepted yet are counted`, async (t) => {
    const server = createServer()
    server.listen(0, host)
    await once(server, 'listening')
    t.teardown(() => server.close())
    const address = server.address() as AddressInfo
    t.equal(waitingConnections(address), 0)
    const sockets = Array.from({ length: 50 }, () => connect({ port: address.port, host }))
    t.teardown(() => sockets.forEach((socket) => socket.destroy()))
    // The sockets connect before the loop's next turn, in which the first one would be accepted.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    t.equal(waitingConnections(address), isLinux ? 50 : 0)
    await until('all to be accepted', () => waitingConnections(address) === 0)
  })
}

t.test('a port on which nothing listens has no connections that wait', async (t) => {
  t.equal(waitingConnections({ address: '127.0.0.1', family: 'IPv4', port: 1 }), 0)
})

/** Keeps the event loop busy for milliseconds. */
function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

/** An app whose requests take five milliseconds of the event loop each. */
async function busy(t: Test, random?: () => number) {
  const app = Fastify()
  t.teardown(() => app.close())
  const shedding = { interval: 50, maxUtilization: 0.8, maxDelay: 100 }
  await app.register(resilience, { shedding, ...(random && { random }) })
  for (const priority of ['low', 'high', 'critical'] as const) {
    app.get(`/${priority}`, { config: { priority } }, async () => {
      spin(5)
      return 'done'
    })
  }
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app
}

/** A request on a connection of its own. */
function ask(app: FastifyInstance, path: string): Promise<number> {
  const { port } = app.server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .once('error', reject)
      .end()
  })
}

/** Asks on many connections at once, several times if need be: how they wait depends on what else the machine does. */
async function askUntilRejected(app: FastifyInstance, path: string): Promise<number[]> {
  const statuses: number[] = []
  for (let round = 0; round < 8 && !statuses.includes(503); round++)
    statuses.push(...(await Promise.all(Array.from({ length: 400 }, () => ask(app, path)))))
  return statuses
}

t.test('requests of low priority are rejected while new connections wait too long', async (t) => {
  const app = await busy(t)
  const statuses = await askUntilRejected(app, '/low')
  t.ok(statuses.includes(200))
  t.ok(statuses.includes(503), 'each turn of the loop was short, and the last connection waited for seconds')
  await until('the overload to end', async () => (await ask(app, '/low')) === 200)
})

t.test('so are those of high priority whose own connection has waited much too long', async (t) => {
  // No request is rejected by chance.
  const app = await busy(t, () => 4)
  const statuses = await askUntilRejected(app, '/high')
  t.ok(statuses.includes(200))
  t.ok(statuses.includes(503))
  const critical = Array.from({ length: 100 }, () => ask(app, '/critical'))
  t.strictSame([...new Set(await Promise.all(critical))], [200])
})

t.test('a connection has waited at least since it was counted, for its first request', async (t) => {
  const server = new EventEmitter() as Server
  server.address = () => ({ address: '127.0.0.1', family: 'IPv4', port: 1 })
  let waiting = 0
  const queue = new AcceptQueue(() => waiting)
  queue.start(server)
  queue.keepsWaits = true
  const accept = () => {
    const socket = new Socket()
    server.emit('connection', socket)
    return socket
  }
  t.equal(queue.takeWait(accept()), 0)
  waiting = 2
  t.equal(queue.read(true, 100), 200, 'one was accepted in a hundred milliseconds')
  spin(5)
  const first = accept()
  waiting = 1
  t.equal(queue.read(true, 100), 100)
  spin(5)
  const [second, third] = [accept(), accept()]
  const wait = queue.takeWait(first)
  t.ok(wait >= 5)
  t.equal(queue.takeWait(first), 0, 'the next request came on a connection that was there')
  t.ok(queue.takeWait(second) >= 10)
  t.equal(queue.takeWait(third), 0, 'it was not there when they were counted')
  waiting = 5
  t.equal(queue.read(false, 100), 0, 'an idle loop accepts at once')
  t.equal(queue.takeWait(accept()), 0)
})
