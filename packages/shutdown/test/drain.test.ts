// Real processes under real clients: whatever they do while the service goes, nobody loses a request.
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { startClients, startPipelining, type Clients, type Route } from './support/clients.ts'
import { service } from './support/service.ts'

/** Ends the first of two services under load; new connections go to the second after `moved` milliseconds. */
async function roll(t: Test, start: (route: Route) => Clients, moved: number, options = {}) {
  const drainDelay = { min: 1000, max: 15_000 }
  const [old, next] = await Promise.all([
    service(t, { drainDelay, ...options }),
    service(t, { drainDelay, ...options })
  ])
  const route = { port: old.port }
  const clients = start(route)
  await until('clients to be busy', () => clients.count.ok > 200, 60_000)

  old.kill('SIGTERM')
  await old.waitFor(/shutdown: draining/)
  await sleep(moved)
  route.port = next.port
  const { code } = await old.exit
  const before = clients.count.ok
  await until('clients to go on elsewhere', () => clients.count.ok > before + 100, 60_000)
  const count = await clients.stop()
  t.strictSame(count.failed, {}, `0 of ${count.ok} requests failed`)
  t.equal(code, 0, 'exit code')
  return old
}

for (const moved of [100, 1000, 3000]) {
  t.test(`50 busy connections lose nothing when new ones move after ${moved} ms`, async (t) => {
    await roll(t, (route) => startClients(route), moved)
  })
}

t.test('clients that think between requests lose nothing', async (t) => {
  await roll(t, (route) => startClients(route, { think: 400 }), 1000)
})

t.test('POST loses nothing', async (t) => {
  await roll(t, (route) => startClients(route, { method: 'POST' }), 1000)
})

t.test('slow handlers are waited for', async (t) => {
  await roll(t, (route) => startClients(route, { path: '/slow?ms=700', connections: 80 }), 1000)
})

for (const method of ['GET', 'POST'] as const) {
  t.test(`pipelined ${method} requests are all answered`, async (t) => {
    await roll(t, (route) => startPipelining(route, { method }), 1000)
  })
  t.test(`pipelined slow ${method} requests are all answered`, async (t) => {
    const path = method === 'GET' ? '/slow?ms=300' : '/'
    await roll(t, (route) => startPipelining(route, { method, path, connections: 40 }), 1000)
  })
}
