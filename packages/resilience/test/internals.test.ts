import { install } from '@sinonjs/fake-timers'
import Fastify, { type FastifyBaseLogger } from 'fastify'
import t from 'tap'
import { circuitDefaults, type CircuitPolicy } from '../src/breaker/circuit-options.ts'
import { type CreateOpeningRule, ratioRule } from '../src/breaker/opening-rule.ts'
import { FAILURES, SUCCESSES, Window } from '../src/breaker/window.ts'
import { resilience } from '../src/index.ts'
import { createOpeningRules, opossumRule, testRule } from '../src/internals.ts'
import { outcomes } from './helpers/clock.ts'

const policy: CircuitPolicy = { ...circuitDefaults, maxResetTimeout: 300_000 }
const noRequest = null
const error = new Error('down')

function recordWarnings(): { log: FastifyBaseLogger; warnings: { problem: string; message: string }[] } {
  const warnings: { problem: string; message: string }[] = []
  const warn = ({ problem }: { problem: string }, message: string) => warnings.push({ problem, message })
  return { log: { warn } as unknown as FastifyBaseLogger, warnings }
}

t.test('the installed opossum passes the self-test, without a warning', async (t) => {
  const { log, warnings } = recordWarnings()
  t.equal(testRule(opossumRule), undefined)
  t.equal(createOpeningRules(log), opossumRule)
  t.strictSame(warnings, [])
})

t.test('opossum and the rule in its place decide alike', async (t) => {
  let seed = 11
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  for (const errorThresholdPercentage of [1, 50, 66.6, 100]) {
    for (const volumeThreshold of [1, 5, 20]) {
      const tested = { ...policy, errorThresholdPercentage, volumeThreshold }
      const rules = [opossumRule(tested), ratioRule(tested)]
      for (let outage = 0; outage < 30; outage++) {
        const windows = rules.map(() => new Window(10_000, 0))
        for (let call = 0; call < 60; call++) {
          const isFailure = random() < 0.7
          if (!isFailure) for (const window of windows) window.add(SUCCESSES, 0)
          const [decision, expected] = rules.map((rule, index) =>
            isFailure ? rule.opens(windows[index]!, error, 0) : false
          )
          if (decision !== expected) t.fail(`call ${call} of ${JSON.stringify(tested)}: ${decision}`)
          if (expected) break
        }
        t.strictSame(windows[0]!.stats(0), windows[1]!.stats(0))
      }
    }
  }
})

t.test('the adaptive strategy and consecutive failures only count', async (t) => {
  for (const create of [opossumRule, ratioRule]) {
    for (const tested of [
      { ...policy, strategy: 'adaptive' },
      { ...policy, consecutive: 5 }
    ] as const) {
      const rule = create(tested)
      const window = new Window(10_000, 0)
      const decisions = Array.from({ length: 100 }, () => rule.opens(window, error, 0))
      t.notOk(decisions.includes(true))
      t.equal(window.stats(0).failures, 100)
    }
  }
})

t.test('opossum keeps no timer after it has opened', async (t) => {
  const timers = install({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  t.teardown(() => timers.uninstall())
  const rule = opossumRule({ ...policy, volumeThreshold: 1 })
  t.equal(rule.opens(new Window(10_000, 0), error, 0), true)
  t.equal(timers.countTimers(), 0)
})

const broken: Record<string, [CreateOpeningRule, RegExp]> = {
  'never opens': [
    () => ({
      opens: (window, _error, now) => {
        window.add(FAILURES, now)
        return false
      }
    }),
    /decided false,false/
  ],
  'opens at once': [() => ({ opens: () => true }), /decided true,true/],
  'does not count': [
    () => {
      let calls = 0
      return { opens: () => ++calls % 2 === 0 }
    },
    /counted 0 failures/
  ],
  'counts twice': [
    (tested) => {
      const rule = ratioRule({ ...tested, volumeThreshold: tested.volumeThreshold + 1 })
      return {
        opens: (window, failure, now) => {
          const opens = rule.opens(window, failure, now)
          window.add(FAILURES, now)
          return opens
        }
      }
    },
    /counted 4 failures/
  ],
  throws: [
    () => {
      throw new TypeError('newStatus is not a function')
    },
    /threw TypeError: newStatus/
  ]
}

for (const [name, [create, problem]] of Object.entries(broken)) {
  t.test(`an opossum that ${name} is replaced, with a warning`, async (t) => {
    const { log, warnings } = recordWarnings()
    t.equal(createOpeningRules(log, create), ratioRule)
    t.match(warnings, [{ problem, message: /^resilience: opossum failed its self-test; / }])
  })
}

t.test('a breaker opens in an app with the installed opossum', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience, { shedding: false })
  const breaker = app.resilience.breaker('users', () => Promise.reject(error))
  await outcomes(20, () => breaker.call(noRequest))
  t.equal(breaker.state, 'open')
})
