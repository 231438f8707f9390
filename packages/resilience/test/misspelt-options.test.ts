import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { resilience } from '../src/index.ts'

/** The warnings of an app with this route. */
async function warnings(t: Test, route: object): Promise<string[]> {
  const messages: string[] = []
  const stream = { write: (line: string) => void messages.push((JSON.parse(line) as { msg: string }).msg) }
  const app = Fastify({ logger: { stream, level: 'warn' } })
  t.teardown(() => app.close())
  await app.register(resilience, { shedding: false })
  app.get('/x', route, async () => 'ok')
  await app.ready()
  return messages
}

for (const [route, place] of [
  [{ config: { deadlne: 500 } }, 'config.deadlne'],
  [{ config: { Deadline: 500 } }, 'config.Deadline'],
  [{ config: { priorty: 'high' } }, 'config.priorty'],
  [{ deadline: 500 }, 'deadline']
] as const) {
  t.test(`a route with ${JSON.stringify(route)} is named at the start`, async (t) => {
    const [message, ...others] = await warnings(t, route)
    t.match(message, `the route /x has "${place}", which is not read`)
    t.strictSame(others, [], 'once, with its HEAD route')
  })
}

t.test('a route with options that are read, or that are of others, is not', async (t) => {
  const config = { deadline: 500, priority: 'high', headline: 1, proxy: 1, dead: true }
  t.strictSame(await warnings(t, { config }), [])
})
