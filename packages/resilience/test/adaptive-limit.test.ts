// The limit that adapts, against services whose durations follow from how many calls are active.
import t from 'tap'
import { AdaptiveLimit } from '../src/strategies/adaptive-limit.ts'

/** A service that works on `parallel` calls at a time, each for `duration` milliseconds, and lets the others wait. */
const service = (parallel: number, duration: number) => (active: number) =>
  duration * Math.max(1, active / parallel)

const limits = { limit: 100, minLimit: 10, maxLimit: 1000 }

/** As many calls as ask for it; the limit admits what it admits. Returns the limit after all of them. */
function run(limit: AdaptiveLimit, durationAt: (active: number) => number, demand: number, calls = 20_000) {
  for (let call = 0; call < calls; call++) {
    const active = Math.min(demand, limit.limit)
    limit.sample(durationAt(active), active, true)
  }
  return limit.limit
}

t.test('the limit stays near what the service can do, however long the overload lasts', async (t) => {
  const limit = new AdaptiveLimit(limits)
  const twenty = service(20, 50)
  run(limit, twenty, 10)
  const soon = run(limit, twenty, 5000, 2000)
  t.ok(soon >= 20 && soon <= 60, `${soon} after 2,000 calls`)
  const late = run(limit, twenty, 5000, 1_000_000)
  t.ok(late >= 20 && late <= 60, `${late} after 1,000,000 calls: the queue is not taken for what is usual`)
})

t.test('calls of clients that left lower the limit, and never teach it what is usual', async (t) => {
  const limit = new AdaptiveLimit(limits)
  const twenty = service(20, 50)
  run(limit, twenty, 10)
  for (let call = 0; call < 2000; call++) limit.atLeast(1000, limit.limit)
  t.ok(limit.limit < 60, `${limit.limit} after clients gave up`)
  for (let call = 0; call < 2000; call++) limit.atLeast(1, limit.limit)
  t.ok(limit.limit < 60, `${limit.limit} after clients left at once`)
})

t.test('a service that became slower for good is used again as much as it can bear', async (t) => {
  const limit = new AdaptiveLimit(limits)
  run(limit, service(20, 50), 5000)
  const slower = run(limit, service(20, 400), 5000)
  t.ok(slower >= 15 && slower <= 80, `${slower} of a service that takes eight times as long`)
  const wider = run(limit, service(200, 50), 5000)
  t.ok(wider >= 150, `${wider} of a service that does ten times as much at once`)
})

t.test('failures lower the limit to its lowest, and successes raise it', async (t) => {
  const limit = new AdaptiveLimit(limits)
  for (let call = 0; call < 100; call++) limit.sample(50, limit.limit, false)
  t.equal(limit.limit, 10)
  t.equal(run(limit, service(10_000, 50), 5000), 1000)
})
