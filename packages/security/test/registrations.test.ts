// Metrics and status of several registrations in one app.
import { meterPort, provide, type Meter } from '@seaworthy/contract'
import t from 'tap'
import { concurrencyLimit, rateLimit } from '../src/index.ts'
import { captureLog, createApp, ok, statuses } from './helpers.ts'

/** A meter that keeps the first gauge of each name, as that of observability does. */
function firstGauges() {
  const collectors = new Map<string, () => void>()
  const values = new Map<string, number>()
  const meter: Meter = {
    counter: () => ({ with: () => ({ inc() {} }) }),
    histogram: () => ({ with: () => ({ observe() {} }) }),
    gauge({ name, collect }) {
      const family = {
        with: () => ({ set: (value: number) => void values.set(name, value), inc() {}, dec() {} })
      }
      if (!collectors.has(name)) collectors.set(name, () => collect?.(family))
      return family
    }
  }
  const read = (name: string) => {
    collectors.get(name)?.()
    return values.get(name)
  }
  return { meter, read }
}

const down = { evalsha: async () => undefined, eval: async () => undefined, ping: async () => 'PONG' }

t.test('a store that is down shows, whichever registration has it', async (t) => {
  for (const order of ['first', 'second']) {
    const { meter, read } = firstGauges()
    const { logger } = captureLog('silent')
    const app = createApp(t, { logger })
    provide(app, meterPort, meter)
    const failing = async (): Promise<never> => Promise.reject(new Error('OOM command not allowed'))
    const redis = { ...down, evalsha: failing, eval: failing }
    if (order === 'first') await app.register(rateLimit, { redis })
    await app.register(async (scope) => {
      await scope.register(rateLimit, { max: 5 })
    })
    if (order === 'second') await app.register(rateLimit, { redis })
    app.get('/', ok)
    await app.ready()
    t.equal(read('rate_limit_store_up'), 1)
    t.same(await statuses(app, 1), [200])
    t.equal(read('rate_limit_store_up'), 0, order)
    t.match(app.security.store?.(), { kind: 'redis', up: false }, order)
  }
})

t.test('running requests of all registrations are counted together', async (t) => {
  const { meter, read } = firstGauges()
  const app = createApp(t)
  provide(app, meterPort, meter)
  for (const prefix of ['/a', '/b']) {
    await app.register(
      async (scope) => {
        await scope.register(concurrencyLimit, { max: 5, by: 'ip' })
        scope.get('/', async () => `${read('concurrency_limit_running')}`)
      },
      { prefix }
    )
  }
  for (const url of ['/a', '/b']) t.equal((await app.inject(url)).body, '1', url)
})
