// Metrics and status of several registrations in one app.
import { meterPort, provide } from '@seaworthy/contract'
import t from 'tap'
import { concurrencyLimit, rateLimit } from '../src/index.ts'
import { fakeMeter } from './fake-meter.ts'
import { captureLog, createApp, ok, statuses } from './helpers.ts'

const down = { evalsha: async () => undefined, eval: async () => undefined, ping: async () => 'PONG' }

t.test('a store that is down shows, whichever registration has it', async (t) => {
  for (const order of ['first', 'second']) {
    const { meter, read } = fakeMeter()
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
  const { meter, read } = fakeMeter()
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
