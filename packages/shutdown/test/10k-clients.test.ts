// A shutdown with ten thousand connections or registrations completes: every response arrives, everything is closed.
import { join } from 'node:path'
import { startNode, type RunningProcess } from '@seaworthy/testing'
import t, { type Test } from 'tap'

const count = 10_000
const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)

async function startService(t: Test, env: Record<string, string>): Promise<[RunningProcess, port: string]> {
  const app = startNode(t, fixture('many-connections.ts'), { env: { NODE_ENV: '', ...env } })
  const [, port = ''] = await app.waitFor(/^port (\d+)/m)
  return [app, port]
}

t.test('10,000 drain listeners, resources and flushes are all called', async (t) => {
  const [app] = await startService(t, { REGISTRATIONS: String(count) })
  app.kill()
  t.equal((await app.exit).code, 0)
  t.match(app.output(), `drained ${count}, closed ${2 * count}`)
})

t.test('10,000 connections are all closed, and those that wait get their response', async (t) => {
  const [app, port] = await startService(t, {})
  const clients = startNode(t, fixture('many-clients.ts'), { env: { PORT: port, COUNT: String(count) } })
  await clients.waitFor(/all open/, 60_000)
  app.kill()
  t.equal((await app.exit).code, 0)
  await clients.waitFor(/all closed/)
  t.match(clients.output(), `all closed, ${Math.floor(count / 3)} waited`)
})
