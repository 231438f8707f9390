import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startNode, until } from '@seaworthy/testing'
import { build, listen, total, type Line } from './helpers.ts'

const isAbout = ({ msg }: Line): boolean => msg.includes('a turn of the event loop took too long')

/** Blocks the loop for so many milliseconds. */
function computeFor(milliseconds: number): string {
  const end = performance.now() + milliseconds
  let digest = ''
  while (performance.now() < end) digest = createHash('sha256').update(digest).digest('hex')
  return digest
}

t.test('a turn that takes too long is one line with its request and stack, and is counted', async (t) => {
  const blockedLoop = { threshold: 50, maxLinesPerMinute: 100 }
  const { app, lines } = await build(t, { blockedLoop }, (app) => {
    app.get('/block/:id', async () => {
      await new Promise(setImmediate)
      return computeFor(600)
    })
    app.get('/', async () => 'ok')
  })
  const port = await listen(app)
  const of = (id: string) => lines().find((line) => isAbout(line) && line.correlationId === id)
  let found: Line | undefined
  // A machine that is busy may keep the watching thread from looking.
  for (let n = 0; found === undefined; n++) {
    const headers = { 'x-correlation-id': `try-${n}` }
    await Promise.all([
      fetch(`http://127.0.0.1:${port}/block/1?token=hunter2`, { headers }),
      fetch(`http://127.0.0.1:${port}/`)
    ])
    await until('the turn in the metrics', async () =>
      total(await app.observability.metrics(), 'nodejs_eventloop_blocked_seconds_total')
    )
    found = of(`try-${n}`)
  }
  t.match(found, {
    level: 40,
    method: 'GET',
    route: '/block/:id',
    traceId: /^[0-9a-f]{32}$/,
    duration: Number
  })
  t.ok(found.duration! >= 50)
  t.match(found.stack, /at computeFor \(.*blocked-loop\.test\.ts:\d+:\d+\)/)
  t.notMatch(JSON.stringify(found), 'hunter2')
  const seconds = total(
    await app.observability.metrics(),
    'nodejs_eventloop_blocked_seconds_total',
    /route="\/block\/:id"/
  )
  t.ok(seconds >= 0.05, `${seconds} s`)
})

t.test('the lines are limited, the metric is not', async (t) => {
  const { app, lines } = await build(t, { blockedLoop: { threshold: 20, maxLinesPerMinute: 1 } }, (app) => {
    app.get('/block', async () => computeFor(150))
  })
  const port = await listen(app)
  let before = 0
  for (let turns = 0; turns < 3;) {
    await fetch(`http://127.0.0.1:${port}/block`)
    const seconds = total(await app.observability.metrics(), 'nodejs_eventloop_blocked_seconds_total')
    if (seconds > before) turns++
    before = seconds
  }
  t.equal(lines().filter(isAbout).length, 1)
})

t.test('in a cluster each worker watches its own loop, without the preloads of the program', async (t) => {
  const script = fileURLToPath(new URL('fixtures/blocked-cluster.ts', import.meta.url))
  const preload =
    'data:text/javascript,import { isMainThread } from "node:worker_threads"; if (!isMainThread) console.log("preload in a thread")'
  const service = startNode(t, script, { nodeArgs: ['--import', preload] })
  t.equal((await service.exit).code, 0)
  const found = service.logs().filter((line) => isAbout(line as Line) && line.route === '/block')
  t.equal(new Set(found.map(({ pid }) => pid)).size, 2)
  t.notMatch(service.output(), 'preload in a thread')
})

t.test('registering fails with a threshold that no thread can keep', async (t) => {
  for (const [blockedLoop, message] of [
    [
      { threshold: 5 },
      /"blockedLoop\.threshold" must be a whole number of milliseconds from 20 to 60000, got 5/
    ],
    [
      { maxLinesPerMinute: 0 },
      /"blockedLoop\.maxLinesPerMinute" must be a whole number from 1 to 600, got 0/
    ],
    [true, /"blockedLoop" must be an object or false, got true/]
  ] as const) {
    await t.rejects(build(t, { blockedLoop: blockedLoop as never }), { name: 'RangeError', message })
  }
})
