import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { until } from '@seaworthy/testing'
import { health } from '../src/index.ts'
import { advance, build, never, settle, type Line } from './helpers.ts'

t.test('a check with an interval runs in the background, and probes never wait for it', async (t) => {
  let runs = 0
  let works = true
  const { app, clock, ready } = await build(t)
  app.health.addCheck('database', () => (runs++, works || never(new AbortController().signal)), {
    interval: 1000
  })
  await app.ready()
  await settle()
  t.equal(runs, 1, 'the first run starts with the app')

  for (let i = 0; i < 100; i++) t.equal((await ready()).statusCode, 200)
  t.equal(runs, 1)
  for (let i = 0; i < 3; i++) await advance(clock, 1000)
  t.equal(runs, 4)

  works = false
  await advance(clock, 1000)
  t.equal((await ready()).statusCode, 200, 'the last result is served while a run is pending')
  await advance(clock, 1500)
  t.equal((await ready()).statusCode, 503, 'the timeout applies in the background too')
})

t.test('a stale result of a background run counts as a failure', async (t) => {
  let runs = 0
  const { app, clock, ready } = await build(t, {
    checks: {
      database: { check: () => (++runs === 1 ? true : never(new AbortController().signal)), interval: 60_000 }
    }
  })
  await app.ready()
  await settle()
  t.equal((await ready()).statusCode, 200)

  // A process that was suspended: the clock has moved on, no timer has fired.
  clock.jump(200_000)
  await settle()
  t.equal(app.health.status().checks.database?.status, 'fail', 'an old pass is no pass')
  const answer = ready()
  await settle()
  await advance(clock, 1500)
  t.equal((await answer).statusCode, 503)
})

t.test('staleAfter sets the age at which a result is stale, by the monotonic clock', async (t) => {
  const { app, clock } = await build(t, {
    checks: { database: { check: () => true, interval: 60_000, staleAfter: 61_000 } }
  })
  await app.ready()
  await settle()
  clock.setSystemTime(Date.now() + 10 * 60_000)
  t.equal(app.health.status().checks.database?.status, 'pass', 'a jump of the system time has no influence')
})

t.test('closing stops background runs, aborts the current run and logs no failure', async (t) => {
  const lines: Line[] = []
  const app: FastifyInstance = Fastify({
    logger: { level: 'warn', stream: { write: (line: string) => lines.push(JSON.parse(line) as Line) } }
  })
  await app.register(health)
  let aborted = false
  let runs = 0
  app.health.addCheck(
    'database',
    (signal) => {
      runs++
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true
          reject(new Error('aborted'))
        })
      })
    },
    { interval: 10, timeout: 60_000 }
  )
  app.health.startupTask(
    'endless',
    (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
  )
  await app.ready()
  await until('the first run', () => runs === 1)
  await app.close()
  await settle()
  t.ok(aborted)
  t.equal(runs, 1)
  t.strictSame(lines, [])
})
