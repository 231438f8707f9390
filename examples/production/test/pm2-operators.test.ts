// The operators' listener of a service that PM2 runs: its workers share the port, and each action reaches all.
import { freePort, until } from '@seaworthy/testing'
import t from 'tap'
import { ask, imported, managed } from './managed-by-pm2.ts'

const service = `
import Fastify from ${imported('fastify')}
import { seaworthy, serverOptions } from ${imported('fastify-seaworthy')}
const management = { port: Number(process.env.MANAGEMENT) }
const options = { auth: false, security: { rateLimit: false }, observability: { management } }
const app = Fastify(serverOptions(options))
await app.register(seaworthy, options)
app.resilience.breaker('payments', async () => 'paid')
await app.listen({ port: Number(process.env.PORT), host: process.env.HOST })
`

interface Status {
  pid: number
  workers: { pid: number; isReachable: boolean }[]
  breakers: { name: string; state: string; workers?: string }[]
}

t.test('under PM2 an action reaches both workers, and the answer names them', async (t) => {
  t.setTimeout(180_000)
  const management = await freePort()
  await managed(t, { service, instances: 2, variables: { MANAGEMENT: `${management}` } })
  const status = async () => JSON.parse(await ask(management, '/status.json')) as Status
  await until('both workers', async () => (await status()).workers.length === 2, 60_000)
  const { workers } = await status()
  const all = workers.map(({ pid }) => ({ pid, statusCode: 200 }))

  const act = async (method: string, path: string, body?: object) => {
    const text = await ask(management, path, method, body)
    const answer = JSON.parse(text) as { workers?: typeof all }
    if (answer.workers === undefined) throw new Error(text)
    return answer.workers.toSorted((a, b) => a.pid - b.pid)
  }
  t.same(await act('PUT', '/log-level', { level: 'debug', ttl: 60_000 }), all)
  t.same(await act('POST', '/breakers/payments/isolate', {}), all)
  const { breakers } = await status()
  t.match(breakers, [{ name: 'payments', state: 'isolated' }])
  t.equal(breakers[0]!.workers, undefined, 'isolated in all workers')
  const pids = new Set<number>()
  await until('both workers to have answered', async () => pids.add((await status()).pid).size === 2)
})
