// Limits on a cluster of Redis with several nodes.
import { Cluster, Redis } from 'ioredis'
import type { Test } from 'tap'
import { requires, startRedis, until } from '@seaworthy/testing'
import { rateLimit, type RateLimitOptions } from '../src/index.ts'
import { captureLog, createApp, from, ok, statuses } from './helpers.ts'

const slots = 16_384
/** The first one of the second node. */
const border = 8192

async function startCluster(t: Test): Promise<number[]> {
  const settings = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']
  const ports = [(await startRedis(t, settings)).port, (await startRedis(t, settings)).port]
  const nodes = ports.map((port) => new Redis({ port }))
  t.teardown(() => nodes.forEach((node) => node.disconnect()))
  for (const [index, node] of nodes.entries()) {
    const first = index * border
    // Redis 6 has no ADDSLOTSRANGE.
    const slotsOfNode = Array.from(
      { length: index === 0 ? border : slots - border },
      (_none, slot) => `${first + slot}`
    )
    await node.call('CLUSTER', 'ADDSLOTS', ...slotsOfNode)
  }
  await nodes[1]!.call('CLUSTER', 'MEET', '127.0.0.1', `${ports[0]}`)
  await until(
    'the nodes to know each other',
    async () => {
      const states = await Promise.all(nodes.map((node) => node.cluster('INFO')))
      return states.every((state) => /cluster_state:ok/.test(state) && /cluster_known_nodes:2/.test(state))
    },
    60_000
  )
  return ports
}

async function build(t: Test, redis: Redis | Cluster, options: RateLimitOptions = {}) {
  t.teardown(() => redis.disconnect())
  const { lines, logger } = captureLog('info')
  const app = createApp(t, { logger })
  const closed = { onStoreError: 'closed', storeTimeout: 10_000, redis } as const
  await app.register(rateLimit, { max: 2, ...closed, ...options })
  return { app, lines: () => lines.filter((line) => /does not count|refuses the keys/.test(line)) }
}

requires(['redis-server'], 'limits of several keys on one request hold in a cluster', async (t) => {
  t.setTimeout(120_000)
  const [port] = await startCluster(t)
  for (const enableAutoPipelining of [false, true]) {
    const cluster = new Cluster([{ host: '127.0.0.1', port: port! }], { enableAutoPipelining })
    const { app, lines } = await build(t, cluster, { nameSpace: `${enableAutoPipelining}:` })
    const limits = [
      { max: 5 },
      {
        name: 'tenant',
        max: 3,
        keyGenerator: ({ headers }: { headers: object }) => (headers as { t: string }).t
      },
      { name: 'all', max: 50, keyGenerator: () => 'all' }
    ]
    app.get('/', { config: { rateLimit: limits } }, ok)
    const of = (tenant: string) => ({ url: '/', headers: { t: tenant } })
    t.same(await statuses(app, 5, of('a')), [200, 200, 200, 429, 429])
    const afterwards = await statuses(app, 3, of('b'))
    t.same(afterwards, [200, 200, 429], 'what the tenant rejects is not counted against the address')
    for (const tenant of 'cdefghijklmn') {
      t.same(
        await statuses(app, 1, { ...of(tenant), remoteAddress: `10.0.0.${tenant.charCodeAt(0)}` }),
        [200]
      )
    }
    t.same(lines(), [])
    t.match(app.security.store?.(), { up: true })
  }
})

requires(['redis-server'], 'a client for one node on a cluster is logged, once', async (t) => {
  t.setTimeout(120_000)
  const [port] = await startCluster(t)
  const { app, lines } = await build(t, new Redis({ port: port! }))
  app.get('/', ok)
  const seen = new Set<number>()
  for (let i = 0; i < 40; i++) seen.add((await statuses(app, 1, from(`10.0.0.${i}`)))[0]!)
  t.ok(seen.has(200) && seen.has(503), 'the keys of the node are counted, and no other request passes')
  t.equal(lines().length, 1)
  t.match(lines()[0], /refuses the keys of some clients \(MOVED .*a client for clusters/)
})
