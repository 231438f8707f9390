// The concurrency limit of requests.
import type { AddressInfo } from 'node:net'
import { rawSocket, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { resilience, type SheddingOptions } from '../src/index.ts'
import { settled, tally } from './helpers/clock.ts'
import { otherPlugins } from './helpers/other-plugins.ts'

interface SheddingSection {
  shedding: { active: number }
}

const statusOf = async (app: FastifyInstance, url: string) => (await app.inject(url)).statusCode

/** An app whose requests are pending until the functions of `ends` are called. */
async function pendingRequests(t: Test, concurrency: Exclude<SheddingOptions['concurrency'], undefined>) {
  const app = Fastify()
  const { observed, plugin } = otherPlugins()
  t.teardown(() => app.close())
  const ends: (() => void)[] = []
  const hang = () => new Promise<string>((resolve) => ends.push(() => resolve('done')))
  await app.register(plugin)
  await app.register(resilience, { shedding: { concurrency } })
  for (const priority of ['low', 'normal', 'high', 'critical'] as const)
    app.get(`/${priority}`, { config: { priority } }, hang)
  app.post('/normal', hang)
  app.get('/health/live', { config: { operational: 'probe' } }, async () => 'alive')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const active = () => (observed.sections['breakers']!() as SheddingSection).shedding.active
  return { app, ends, port, active }
}

t.test(
  'at the concurrency limit requests are rejected by priority, and admitted when others end',
  async (t) => {
    const { app, ends, active } = await pendingRequests(t, { initial: 10, min: 10, max: 10 })
    const many = (url: string) => Array.from({ length: 20 }, () => statusOf(app, url))
    const waiting: Promise<number>[] = []
    for (const [url, most] of [
      ['/low', 8],
      ['/normal', 9],
      ['/high', 10]
    ] as const) {
      const before = ends.length
      const calls = many(url)
      waiting.push(...calls)
      await until('the admitted requests', () => active() === most)
      t.equal(ends.length, most, `${url}: ${most - before} more`)
    }
    t.equal(await statusOf(app, '/high'), 503)
    t.equal(await statusOf(app, '/health/live'), 200)
    const critical = statusOf(app, '/critical')
    await until('the critical request', () => active() === 11)
    for (const end of ends.splice(0)) end()
    t.equal(await critical, 200)
    t.strictSame(tally((await Promise.all(waiting)).map(String)), { 200: 10, 503: 50 })
    t.equal(active(), 0)
  }
)

t.test('a disconnected client releases its slot, also after its body was read', async (t) => {
  const { ends, port, active } = await pendingRequests(t, { initial: 10, min: 10, max: 10 })
  const get = await rawSocket(t, port, 'GET /normal HTTP/1.1\r\nhost: a\r\n\r\n')
  const post = await rawSocket(
    t,
    port,
    'POST /normal HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'
  )
  await until('both', () => active() === 2 && ends.length === 2)
  get.socket.destroy()
  post.socket.destroy()
  await until('both to be released', () => active() === 0)
  for (const end of ends) end()
  await settled()
  t.equal(active(), 0, 'only once')
})
