import t from 'tap'
import { capDelay, formatDuration, MAX_DELAY, parseDuration, subjectOf, withTimeout } from '../src/index.ts'

t.test('a duration has a unit', async (t) => {
  for (const [text, milliseconds] of [
    ['90s', 90_000],
    ['15 minutes', 900_000],
    ['1 minute', 60_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['2 D', 172_800_000],
    ['1w', 604_800_000]
  ] as const) {
    t.equal(parseDuration(text), milliseconds, text)
  }
  for (const text of ['60', '', 'h', '1 fortnight', '-1s', '1 s s', '1e3s', `${'9'.repeat(400)}s`]) {
    t.equal(parseDuration(text), undefined, text)
  }
})

t.test('a wait is said in words', async (t) => {
  t.equal(formatDuration(59_990), '1 minute')
  t.equal(formatDuration(61_000), '1 minute')
  t.equal(formatDuration(1), '1 second')
  t.equal(formatDuration(0), '1 second')
  t.equal(formatDuration(7_200_000), '2 hours')
})

t.test('a delay never becomes one that a timer takes for 1 ms', async (t) => {
  t.equal(capDelay(2 ** 40), MAX_DELAY)
  t.equal(capDelay(Infinity), MAX_DELAY)
  t.equal(capDelay(NaN), 0)
  t.equal(capDelay(-5), 0)
  t.equal(capDelay(5), 5)
})

t.test('a person has one id: the subject of the token, else the id', async (t) => {
  t.equal(subjectOf({ sub: 'a', id: 'b' }), 'a')
  t.equal(subjectOf({ id: 7 }), '7')
  for (const user of [undefined, null, 'a', {}, { sub: {} }, { sub: true }])
    t.equal(subjectOf(user), undefined)
})

t.test('work is waited for until its timeout, and no longer', async (t) => {
  t.equal(await withTimeout(1000, async () => 5), 5)
  await t.rejects(
    withTimeout(1000, () => {
      throw new Error('at once')
    }),
    { message: 'at once' }
  )
  await t.rejects(
    withTimeout(5, () => new Promise(() => undefined)),
    { code: 'TIMEOUT', message: 'took longer than 5 ms' }
  )
  await t.rejects(
    withTimeout(5, () => new Promise((_, reject) => setImmediate(reject, new Error('in time')))),
    { message: 'in time' }
  )
})
