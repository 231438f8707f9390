// Bodies that the app does not read, or not to their end: nothing waits for them once they are collected.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { until } from '@seaworthy/testing'
import t from 'tap'
import { buildWithClock, noRequest } from './helpers/app.ts'
import { startUpstream } from './helpers/upstream.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const bytes = new Uint8Array(100)
/** A response whose body goes on after its first part. */
const endless = async () =>
  new Response(new ReadableStream({ start: (controller) => controller.enqueue(bytes) }))

const uses: Record<string, (response: Response) => unknown> = {
  'needs only its status': ({ status }) => status,
  'looks at its body': ({ body }) => body !== null,
  'reads a part of it': async ({ body }) => body!.getReader().read(),
  'clones it': (response) => void response.clone()
}
for (const [name, use] of Object.entries(uses)) {
  t.test(`a response is let go if the app ${name}`, async (t) => {
    const { app, clock, resilience } = await buildWithClock(t, { fetch: endless })
    app.get('/', async (request) => {
      await use(await resilience.fetch(request, 'http://upstream/'))
      return 'done'
    })
    for (let call = 0; call < 20; call++) t.equal((await app.inject('/')).statusCode, 200)
    for (let call = 0; call < 20; call++) await use(await resilience.fetch(noRequest, 'http://upstream/'))
    await until('the timers to end', () => {
      collect()
      return clock.pending === 0
    })
    t.match(resilience.list(), [{ state: 'closed', counts: { success: 40, failure: 0 } }])
  })
}

t.test('a body without a time limit is let go too', async (t) => {
  const collected = new Set<number>()
  const registry = new FinalizationRegistry<number>((call) => collected.add(call))
  const { resilience } = await buildWithClock(t, {
    fetch: endless,
    defaults: { timeout: false, totalTimeout: false, bodyTimeout: false }
  })
  const call = async (number: number) =>
    registry.register(await resilience.fetch(noRequest, 'http://upstream/'), number)
  for (let number = 0; number < 20; number++) await call(number)
  await until('all to be collected', () => {
    collect()
    return collected.size === 20
  })
})

t.test('a body that is being read is not dropped with its response', async (t) => {
  const { resilience } = await buildWithClock(t)
  const upstream = await startUpstream(t, ({ response }) => void response.writeHead(200).write('a'))
  const read = async () => (await resilience.fetch(noRequest, upstream.url)).text()
  const stream = async () => (await resilience.fetch(noRequest, upstream.url)).body!
  const text = read()
  const body = await stream()
  for (let round = 0; round < 5; round++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await until('both', () => upstream.seen.length === 2)
  upstream.seen[0]!.response.end('b')
  upstream.seen[1]!.response.destroy()
  t.equal(await text, 'ab')
  await t.rejects(new Response(body).text())
  t.match(resilience.list(), [{ counts: { success: 2 } }])
})
