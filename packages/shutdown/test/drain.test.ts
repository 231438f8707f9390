// Real processes with real clients: no request is lost during a rolling restart.
import t from 'tap'
import { startAgents } from './support/agents.ts'
import { startClients, startPipelining } from './support/clients.ts'
import { rollingRestart } from './support/rolling-restart.ts'

for (const moved of [100, 1000, 3000]) {
  t.test(`50 busy connections lose no request when new ones go elsewhere after ${moved} ms`, async (t) => {
    await rollingRestart(t, (route) => startClients(route), moved)
  })
}

t.test('clients that pause between requests lose none', async (t) => {
  await rollingRestart(t, (route) => startClients(route, { think: 400 }), 1000)
})

t.test('POST requests are not lost', async (t) => {
  await rollingRestart(t, (route) => startClients(route, { method: 'POST' }), 1000)
})

for (const method of ['GET', 'POST'] as const) {
  t.test(`${method} requests of 1.5 to 3 seconds are answered`, async (t) => {
    const path = '/slow?from=1500&to=3000'
    await rollingRestart(t, (route) => startClients(route, { method, path, connections: 60 }), 1000, {
      busy: 30
    })
  })
}

for (const method of ['GET', 'POST'] as const) {
  t.test(`pipelined ${method} requests, five deep, are all answered`, async (t) => {
    await rollingRestart(t, (route) => startPipelining(route, { method }), 1000)
  })
}

t.test('pipelined slow GET requests are all answered', async (t) => {
  await rollingRestart(t, (route) => startPipelining(route, { path: '/slow?ms=300', connections: 40 }), 1000)
})

for (const library of ['undici', 'axios'] as const) {
  t.test(`the kept connections of ${library} lose no GET and no POST`, async (t) => {
    await rollingRestart(t, (route) => startAgents(library, route), 1000)
  })
}

t.test("a pod's preStop sleep, during which the route changes, loses no request", async (t) => {
  const preStop = 1500
  const options = { drainDelay: 0 }
  await rollingRestart(t, (route) => startClients(route), 0, { preStop, options })
  await rollingRestart(t, (route) => startClients(route, { method: 'POST', think: 20 }), 0, { preStop })
})
