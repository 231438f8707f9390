// The limit that adapts under loads as users make them: at random times, whether or not earlier calls have ended.
import t from 'tap'
import { simulate } from './helpers/simulation.ts'

const fifty = () => 50

for (const factor of [1.5, 2, 3, 10]) {
  t.test(`at ${factor} times of what an upstream can do, it is busy and calls wait little`, async (t) => {
    const { p99, perSecond } = simulate({ parallel: 20, duration: fifty, rate: 400 * factor, seconds: 20 })
    t.ok(p99 <= 130, `99 % took ${p99} ms at most, alone they take 50`)
    t.ok(perSecond >= 370, `${perSecond} of 400 a second`)
  })
}

t.test('below what an upstream can do, no call is rejected', async (t) => {
  t.ok(simulate({ parallel: 20, duration: fifty, rate: 320, seconds: 20 }).rejected < 0.001)
})

for (const [name, duration] of Object.entries({
  'of random length': (random: number) => -50 * Math.log(1 - random),
  'of fast and slow routes': (random: number) => (random < 0.09 ? 500 : 5)
})) {
  t.test(`an upstream without a queue is not limited by calls ${name}`, async (t) => {
    const { rejected } = simulate({ parallel: 10_000, duration, rate: 4000, seconds: 20 })
    t.ok(rejected < 0.05, `${rejected} rejected`)
  })
}

t.test('calls of random length do not keep an upstream from being busy', async (t) => {
  const duration = (random: number) => -50 * Math.log(1 - random)
  const { p99, perSecond } = simulate({ parallel: 20, duration, rate: 1200, seconds: 20 })
  t.ok(perSecond >= 340, `${perSecond} of 400 a second`)
  t.ok(p99 <= 2 * 230, `99 % took ${p99} ms at most, alone they take 230`)
})

t.test('an upstream that is slower for good gets as many calls as it can take', async (t) => {
  const duration = (_random: number, second: number) => (second < 10 ? 50 : 100)
  const { p99, perSecond } = simulate({ parallel: 20, duration, rate: 1200, seconds: 40 })
  t.ok(perSecond >= 185, `${perSecond} of 200 a second`)
  t.ok(p99 <= 260, `99 % took ${p99} ms at most, alone they take 100`)
})
