// Ten times as many connections or registrations don't take a hundred times as long to end.
import { join } from 'node:path'
import { startNode } from '@seaworthy/testing'
import t, { type Test } from 'tap'

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)
const number = (output: string, name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(output)?.[1])

/** Milliseconds of processor time that the end takes. */
async function registrations(t: Test, count: number): Promise<number> {
  const app = startNode(t, fixture('many.ts'), { env: { NODE_ENV: '', REGISTRATIONS: String(count) } })
  await app.waitFor(/^port/m)
  app.kill()
  t.equal((await app.exit).code, 0)
  t.equal(number(app.output(), 'closed'), 2 * count, `${count} resources and ${count} flushes`)
  return number(app.output(), 'cpu')
}

async function connections(t: Test, count: number): Promise<number> {
  const app = startNode(t, fixture('many.ts'), { env: { NODE_ENV: '' } })
  const [, port = ''] = await app.waitFor(/^port (\d+)/m)
  const clients = startNode(t, fixture('many-clients.ts'), { env: { PORT: port, COUNT: String(count) } })
  await clients.waitFor(/all open/, 60_000)
  app.kill()
  t.equal((await app.exit).code, 0)
  await clients.waitFor(/all closed/)
  t.match(clients.output(), `all closed, ${Math.floor(count / 3)} waited`, 'every answer came')
  return number(app.output(), 'cpu')
}

/** Measured: 4 to 11 times, depending on what the process itself takes on each Node. */
const most = 20

for (const [what, measure] of [
  ['registrations', registrations],
  ['connections', connections]
] as const) {
  t.test(`10,000 ${what} end in less than ${most} times the time of 1,000`, async (t) => {
    // The better of two: a collector that happens to run is no growth.
    const best = async (count: number) => Math.min(await measure(t, count), await measure(t, count))
    const few = await best(1000)
    const many = await best(10_000)
    t.ok(many < most * few, `${many} ms against ${few} ms of processor time`)
  })
}
