// How many requests are rejected, by the load of each interval.
import t from 'tap'
import { SheddingLevel } from '../src/shedding/shedding-level.ts'

t.test(
  'a busy event loop is no overload if it is on time, if requests are few, or for less than ten intervals',
  async (t) => {
    const busy = { utilization: 1, delay: 300, wait: 0, elapsed: 100 }
    const level = new SheddingLevel({ maxUtilization: 0.98, maxDelay: 200, interval: 100 })
    for (let round = 0; round < 5; round++) {
      for (let interval = 0; interval < 9; interval++) level.update(busy, 100, 0)
      level.update({ ...busy, utilization: 0.97 }, 100, 0)
      for (let interval = 0; interval < 9; interval++) level.update(busy, 100, 0)
      level.update(busy, 2, 0)
      for (let interval = 0; interval < 20; interval++) level.update({ ...busy, delay: 199 }, 100, 0)
      t.equal(level.value, 0)
    }
    for (let interval = 0; interval < 9; interval++) level.update(busy, 100, 0)
    level.update({ ...busy, delay: 199 }, 100, 0)
    level.update(busy, 100, 0)
    t.equal(level.value, 0)
    level.update(busy, 100, 0)
    t.ok(level.value > 0, 'one interval on time among many does not end the overload')
  }
)

/** The level after as many intervals, of which the first nine change nothing. */
function levelAfter(delay: number, intervals: number, wait = 0): SheddingLevel {
  const level = new SheddingLevel({ maxUtilization: 0.98, maxDelay: 200, interval: 100 })
  for (let interval = 0; interval < 9 + intervals; interval++)
    level.update({ utilization: 1, delay, wait, elapsed: 100 }, 100, 0)
  return level
}

t.test('the more a delay exceeds the acceptable one, the sooner requests are rejected', async (t) => {
  t.equal(levelAfter(200, 1).value, 0.25)
  t.equal(levelAfter(400, 1).value, 0.5)
  t.equal(levelAfter(10_000, 1).value, 1, 'never by more than one priority at a time')
  t.equal(levelAfter(10_000, 20).value, 3, 'critical requests are never rejected')
})

t.test('connections that wait while the loop is on time cost only requests of low priority', async (t) => {
  const level = levelAfter(0, 20, 10_000)
  t.equal(level.value, 1)
  level.update({ utilization: 1, delay: 400, wait: 0, elapsed: 100 }, 100, 0)
  t.equal(level.value, 1.5, 'a delay of the loop costs others too')
  level.update({ utilization: 1, delay: 0, wait: 10_000, elapsed: 100 }, 100, 0)
  t.equal(level.value, 1.5)
  level.update({ utilization: 1, delay: 80, wait: 10_000, elapsed: 100 }, 100, 0)
  t.equal(level.value, 1.6, 'no more than that delay alone')
})

t.test('the level falls slowly while the event loop is busy and on time, faster in idle time', async (t) => {
  const level = levelAfter(800, 1)
  level.update({ utilization: 1, delay: 100, wait: 0, elapsed: 100 }, 100, 0)
  t.equal(level.value, 1.125, 'acceptable before the overload, but not during it')
  level.update({ utilization: 0.99, delay: 10, wait: 0, elapsed: 100 }, 100, 0)
  t.equal(level.value, 1.075, 'busy and on time')
  level.update({ utilization: 0.5, delay: 0, wait: 0, elapsed: 100 }, 100, 0)
  t.equal(level.value, 0.825)
  level.update({ utilization: 1, delay: 800, wait: 0, elapsed: 100 }, 1, 0)
  t.equal(level.value.toFixed(3), '0.325', 'what keeps the loop busy is not requests')
  level.update({ utilization: 0, delay: 0, wait: 0, elapsed: 100 }, 0, 0)
  t.equal(level.value, 0)
})

t.test('rejections that keep the event loop busy do not keep the level', async (t) => {
  const level = levelAfter(800, 3)
  t.equal(level.value, 3)
  for (let interval = 0; interval < 25; interval++)
    level.update({ utilization: 1, delay: 10, wait: 0, elapsed: 100 }, 1000, 0)
  t.ok(level.value < 2, 'requests of normal priority are served again')
})

t.test('an overload that comes back within fifty intervals is the same one', async (t) => {
  const idle = { utilization: 0, delay: 0, wait: 0, elapsed: 100 }
  const late = { utilization: 1, delay: 60, wait: 0, elapsed: 100 }
  const level = levelAfter(800, 1)
  for (let interval = 0; interval < 40; interval++) level.update(idle, 0, 0)
  t.equal(level.value, 0)
  level.update(late, 100, 0)
  t.equal(level.value, 0.075, 'it need not last for ten intervals anew')
  for (let interval = 0; interval < 60; interval++) level.update(idle, 0, 0)
  level.update(late, 100, 0)
  t.equal(level.value, 0, 'after that it is a new one')
})

t.test('as long as the event loop is busy, the level does not fall to zero', async (t) => {
  const level = levelAfter(800, 1)
  const onTime = { delay: 10, wait: 0, elapsed: 100 }
  for (let interval = 0; interval < 100; interval++) level.update({ utilization: 1, ...onTime }, 100, 0)
  t.equal(level.value, 0.05)
  level.update({ utilization: 0.97, ...onTime }, 100, 0)
  t.equal(level.value, 0)
})

t.test('what is rejected counts as if it had kept the event loop busy', async (t) => {
  const level = levelAfter(800, 1)
  const interval = { utilization: 0.5, delay: 0, wait: 0, elapsed: 100 }
  for (let count = 0; count < 100; count++) level.update(interval, 100, 60)
  t.equal(level.value, 0.05, 'without a level the loop would be busy for more than an interval')
  for (let count = 0; count < 100; count++) level.update(interval, 2, 2)
  t.equal(level.value, 0, 'so few requests are no overload')
  const again = levelAfter(800, 1)
  for (let count = 0; count < 100; count++) again.update(interval, 100, 40)
  t.equal(again.value, 0, 'with all requests the loop would still be idle for a while')
})

t.test(
  'intervals that end late count for as long as they took, a long pause not for more than two',
  async (t) => {
    const intervalsOf = (elapsed: number) => {
      const level = new SheddingLevel({ maxUtilization: 0.98, maxDelay: 200, interval: 100 })
      let intervals = 0
      for (; level.value === 0; intervals++)
        level.update({ utilization: 1, delay: 300, wait: 0, elapsed }, 100, 0)
      return intervals
    }
    t.equal(intervalsOf(100), 10)
    t.equal(intervalsOf(150), 7)
    t.equal(intervalsOf(10_000), 5)
  }
)
