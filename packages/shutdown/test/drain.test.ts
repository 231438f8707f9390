// Real processes under real clients: whatever they do while the service goes, nobody loses a request.
import t from 'tap'
import { startClients, startPipelining } from './support/clients.ts'
import { roll } from './support/rolling-restart.ts'

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

for (const method of ['GET', 'POST'] as const) {
  t.test(`${method} of 1.5 to 3 seconds are waited for`, async (t) => {
    const path = '/slow?from=1500&to=3000'
    await roll(t, (route) => startClients(route, { method, path, connections: 60 }), 1000, { busy: 30 })
  })
}

for (const method of ['GET', 'POST'] as const) {
  t.test(`pipelined ${method} requests, five deep, are all answered`, async (t) => {
    await roll(t, (route) => startPipelining(route, { method }), 1000)
  })
}

t.test('pipelined slow GET requests are all answered', async (t) => {
  await roll(t, (route) => startPipelining(route, { path: '/slow?ms=300', connections: 40 }), 1000)
})
