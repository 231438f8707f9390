// New connections that wait until the event loop accepts them: no delay of the loop shows that they do.
import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { resilience } from '../src/index.ts'
import { waitingConnections } from '../src/shedding/accept-queue.ts'

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

/** An app whose requests take five milliseconds of the event loop each. */
async function busy(t: Test) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience, { shedding: { interval: 50, maxUtilization: 0.8, maxDelay: 100 } })
  app.get('/work', { config: { priority: 'low' } }, async () => {
    const end = performance.now() + 5
    while (performance.now() < end);
    return 'done'
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app
}

/** A request on a connection of its own. */
function ask(app: FastifyInstance): Promise<number> {
  const { port } = app.server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/work', agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .once('error', reject)
      .end()
  })
}

t.test('requests of low priority are rejected while new connections wait too long', async (t) => {
  const app = await busy(t)
  const statuses = await Promise.all(Array.from({ length: 400 }, () => ask(app)))
  t.ok(statuses.includes(200))
  t.ok(statuses.includes(503), 'each turn of the loop was short, and the last connection waited for seconds')
  await until('the overload to end', async () => (await ask(app)) === 200)
})
