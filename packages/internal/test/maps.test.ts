import t from 'tap'
import { BoundedMap, LinkedMap, shardIndex, shardCount } from '../src/index.ts'

/** Repeatable numbers below `limit`. */
function numbers(seed: number) {
  let state = seed
  return (limit: number) => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % limit
}

t.test('a linked map does what a Map with moved entries does, and knows the oldest', async (t) => {
  const next = numbers(7)
  const linked = new LinkedMap<number>()
  const model = new Map<string, number>()
  for (let step = 0; step < 20_000; step++) {
    const key = `${next(50)}`
    const what = next(10)
    if (what < 5) {
      linked.set(key, step)
      model.delete(key)
      model.set(key, step)
    } else if (what < 8) {
      if (linked.delete(key) !== model.delete(key)) t.fail(`delete ${key} at ${step}`)
    } else if (what < 9) {
      linked.deleteOldest()
      const [oldest] = model.keys()
      if (oldest !== undefined) model.delete(oldest)
    } else if (linked.get(key) !== model.get(key)) t.fail(`get ${key} at ${step}`)
    const [oldest] = model.values()
    if (linked.size !== model.size || linked.oldest !== oldest) t.fail(`size or oldest at ${step}`)
    if (step % 500 === 0) t.same([...linked.entries()], [...model.entries()])
  }
  linked.clear()
  t.same([linked.size, linked.oldest, [...linked.entries()]], [0, undefined, []])
})

t.test('an entry may be deleted while it is given', async (t) => {
  const linked = new LinkedMap<number>()
  for (let index = 0; index < 10; index++) linked.set(`${index}`, index)
  for (const [key, value] of linked.entries()) if (value % 2 === 0) linked.delete(key)
  t.same(
    [...linked.entries()].map(([, value]) => value),
    [1, 3, 5, 7, 9]
  )
})

t.test('a bounded map keeps the newest, whether it is in one piece or in many', async (t) => {
  for (const limit of [0, 1, 100, 16_384, 16_385, 100_000]) {
    const map = new BoundedMap<number>(limit)
    const count = limit * 2 + 10
    for (let index = 0; index < count; index++) map.set(`key-${index}`, index)
    t.ok(map.size <= limit, `at most ${limit}, has ${map.size}`)
    // Pieces are not filled quite evenly at every moment, but all of them are full after twice as many.
    t.ok(map.size >= limit * 0.98, `nearly all of ${limit}, has ${map.size}`)
    if (limit > 0) t.equal(map.get(`key-${count - 1}`), count - 1)
    t.equal(map.get('key-0'), undefined)
    t.equal([...map.entries()].length, map.size)
    map.clear()
    t.equal(map.size, 0)
  }
})

t.test('what is set again is new again', async (t) => {
  const map = new BoundedMap<number>(3)
  for (const key of ['a', 'b', 'c', 'a', 'd']) map.set(key, 1)
  t.equal(map.get('b'), undefined)
  t.equal(map.get('a'), 1)
})

t.test('what has ended makes room before what has not', async (t) => {
  let now = 0
  const map = new BoundedMap<number>(4, (until) => until <= now)
  for (const [key, until] of Object.entries({ a: 10, b: 10, c: 100, d: 100 })) map.set(key, until)
  now = 20
  map.set('e', 100)
  t.same(
    [...map.entries()].map(([key]) => key),
    ['c', 'd', 'e']
  )
})

t.test('keys spread evenly over pieces, those that begin or end alike too', async (t) => {
  t.same([1, 16_384, 16_385, 100_000, 1_000_000].map(shardCount), [1, 1, 2, 8, 64])
  const families = [
    (index: number) => `10.0.${index >> 8}.${index & 255}`,
    (index: number) => `${index}.example.com`,
    (index: number) => `${'x'.repeat(500)}${index}`
  ]
  for (const key of families) {
    const counts = Array.from({ length: 64 }, () => 0)
    for (let index = 0; index < 64_000; index++) counts[shardIndex(key(index), 64, 12_345)]!++
    t.ok(Math.max(...counts) < 1500, `the fullest has ${Math.max(...counts)} of 64,000`)
  }
})
