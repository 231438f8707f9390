import { join } from 'node:path'
import { startNode } from '@seaworthy/testing'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { resilience } from '../src/index.ts'
import { ManualClock } from './helpers/clock.ts'

const noRequest = null

t.test('ten thousand idle breakers keep at most 3 KB each, and no timer', async (t) => {
  const idle = startNode(t, join(import.meta.dirname, 'fixtures/idle-breakers.ts'), {
    nodeArgs: ['--expose-gc']
  })
  t.match(await idle.exit, { code: 0 }, idle.output())
  const [seen] = idle.logs() as [
    { succeeded: number; failed: number; unkeyed: number; size: number; timers: number }
  ]
  t.ok(seen.succeeded < 2000, `keyed, used once: ${seen.succeeded} bytes`)
  t.ok(seen.failed < 3072, `keyed, with a failure: ${seen.failed} bytes`)
  t.ok(seen.unkeyed < 4096, `without keys: ${seen.unkeyed} bytes`)
  t.match(seen, { size: 21_000, timers: 0 })
})

/** Microseconds of CPU that a failing call takes while this many have ended inside the window. */
async function failing(t: Test, inWindow: number): Promise<number> {
  const app = Fastify()
  t.teardown(() => app.close())
  // The clock stands: nothing leaves the window.
  await app.register(resilience, { shedding: false, clock: new ManualClock() })
  let up = true
  const error = new Error('down')
  const answer = (): string => {
    if (up) return 'fine'
    throw error
  }
  const breaker = app.resilience.breaker('users', answer, { errorThresholdPercentage: 100 })
  for (let count = 0; count < inWindow; count++) await breaker.call(noRequest)
  up = false
  const rounds: number[] = []
  for (let round = 0; round < 10; round++) {
    const before = process.cpuUsage()
    for (let count = 0; count < 200; count++) await breaker.call(noRequest).catch(() => undefined)
    const { user, system } = process.cpuUsage(before)
    rounds.push((user + system) / 200)
  }
  t.equal(breaker.state, 'closed')
  return Math.min(...rounds)
}

t.test('what a failing call costs does not grow with the window', async (t) => {
  await failing(t, 1000)
  const few = await failing(t, 1000)
  const many = await failing(t, 50_000)
  t.ok(many < few * 5 + 20, `${few} µs with a thousand calls in the window, ${many} µs with fifty thousand`)
})
