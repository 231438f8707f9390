import FakeTimers, { type Clock } from '@sinonjs/fake-timers'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { until } from '@seaworthy/testing'
import { health, type CheckFunction, type HealthOptions } from '../src/index.ts'

interface Line {
  msg: string
  level: number
  [key: string]: unknown
}

/** An app on a clock that only the test moves, with its log. */
async function build(t: Test, options: HealthOptions = {}) {
  const clock = FakeTimers.install({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance']
  })
  const lines: Line[] = []
  const stream = { write: (line: string) => lines.push(JSON.parse(line) as Line) }
  const app = Fastify({ logger: { level: 'info', stream } })
  t.teardown(async () => {
    clock.uninstall()
    await app.close()
  })
  await app.register(health, options)
  const ready = async () => app.inject('/health/ready')
  const status = async () => (await ready()).json<{ status: string }>().status
  return { app, clock, lines, ready, status }
}

/** Lets promises and immediates settle: the clock's own time stands still. */
const settle = async () => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

const pass = async (clock: Clock, milliseconds: number) => {
  clock.tick(milliseconds)
  await settle()
}

const never: CheckFunction = () => new Promise(() => undefined)

t.test('checks run side by side, and each has its own time', async (t) => {
  const order: string[] = []
  const { clock, app } = await build(t, {
    timeout: 1000,
    checks: {
      slow: () => new Promise((resolve) => setTimeout(resolve, 500)).then(() => order.push('slow')),
      fast: () => void order.push('fast'),
      stuck: { check: never, timeout: 200 }
    }
  })
  await app.ready()
  const answer = app.inject('/health/ready')
  await settle()
  t.strictSame(order, ['fast'])
  await pass(clock, 500)
  t.strictSame((await answer).json(), {
    status: 'not ready',
    checks: { slow: true, fast: true, stuck: false }
  })
})

t.test('a check that ignores its signal fails in time; one that heeds it is told why', async (t) => {
  let reason: unknown
  const { clock, app } = await build(t, {
    timeout: 300,
    checks: {
      deaf: never,
      polite: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason
            reject(signal.reason as Error)
          })
        })
    }
  })
  await app.ready()
  const answer = app.inject('/health/ready')
  await settle()
  await pass(clock, 300)
  t.equal((await answer).statusCode, 503)
  t.match(reason, { message: 'no answer within 300 ms' })
  t.match(app.health.status().checks, { deaf: { status: 'fail', error: 'no answer within 300 ms' } })
})

t.test('a hung check answers each prober and is never started twice', async (t) => {
  let runs = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const { clock, app } = await build(t, { timeout: 300, cacheFor: 100 })
  app.health.addCheck('hung', () => {
    runs++
    return promise
  })
  await app.ready()

  for (let round = 0; round < 5; round++) {
    const answers = Array.from({ length: 50 }, async () => app.inject('/health/ready'))
    await settle()
    await pass(clock, 300)
    for (const answer of await Promise.all(answers)) t.equal(answer.statusCode, 503)
  }
  t.equal(runs, 1, 'five cache periods and 250 probes, one run')

  resolve()
  await settle()
  await pass(clock, 100)
  t.equal((await app.inject('/health/ready')).statusCode, 200, 'it recovers once the run has come back')
  t.equal(runs, 2)
})

t.test('a thousand probes a second cost the dependency one call per cache period', async (t) => {
  let runs = 0
  const { app, clock } = await build(t, { cacheFor: 500, checks: { database: async () => void runs++ } })
  await app.ready()
  for (let i = 0; i < 2000; i++) {
    t.equal((await app.inject('/health/ready')).statusCode, 200)
    clock.tick(1)
  }
  t.equal(runs, 4)
})

t.test('probes that come together share one run, whatever is cached', async (t) => {
  let runs = 0
  const { app, clock } = await build(t, { cacheFor: 0 })
  app.health.addCheck('database', () => {
    runs++
    return new Promise((resolve) => setTimeout(resolve, 50))
  })
  await app.ready()
  const answers = Array.from({ length: 50 }, async () => app.inject('/health/ready'))
  await settle()
  await pass(clock, 50)
  t.ok((await Promise.all(answers)).every(({ statusCode }) => statusCode === 200))
  t.equal(runs, 1)
})

t.test('in the background a check runs at its interval, and probes never wait for it', async (t) => {
  let runs = 0
  let works = true
  const { app, clock, ready } = await build(t)
  app.health.addCheck('database', () => (runs++, works || never(new AbortController().signal)), {
    interval: 1000
  })
  await app.ready()
  await settle()
  t.equal(runs, 1, 'the first run comes with the app')

  for (let i = 0; i < 100; i++) t.equal((await ready()).statusCode, 200)
  t.equal(runs, 1)
  for (let i = 0; i < 3; i++) await pass(clock, 1000)
  t.equal(runs, 4)

  works = false
  await pass(clock, 1000)
  t.equal((await ready()).statusCode, 200, 'answered from the last result while the run is on its way')
  await pass(clock, 1500)
  t.equal((await ready()).statusCode, 503, 'the timeout counts in the background too')
})

t.test('a background result that has become too old is not believed', async (t) => {
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
  t.equal(app.health.status().checks.database?.status, 'fail', 'six days old and healthy is not healthy')
  const answer = ready()
  await settle()
  await pass(clock, 1500)
  t.equal((await answer).statusCode, 503)
})

t.test('staleAfter says how old', async (t) => {
  const { app, clock } = await build(t, {
    checks: { database: { check: () => true, interval: 60_000, staleAfter: 61_000 } }
  })
  await app.ready()
  await settle()
  clock.setSystemTime(Date.now() + 10 * 60_000)
  t.equal(app.health.status().checks.database?.status, 'pass', 'the calendar may jump')
})

t.test('a failing optional check degrades, a failing critical one does not pass', async (t) => {
  const { app, ready } = await build(t, {
    checks: { database: () => true, cache: { check: () => false, critical: false } }
  })
  const degraded = await ready()
  t.equal(degraded.statusCode, 200)
  t.strictSame(degraded.json(), { status: 'degraded', checks: { database: true, cache: false } })

  app.health.addCheck('queue', () => 'degraded')
  app.health.addCheck('disk', () => ({ status: 'fail', detail: { free: 0.01 } }))
  const failed = await ready()
  t.equal(failed.statusCode, 503)
  t.strictSame(failed.json(), {
    status: 'not ready',
    checks: { database: true, cache: false, queue: true, disk: false }
  })
  t.strictSame(app.health.status().checks.disk?.detail, { free: 0.01 })
})

t.test('the status codes can be others', async (t) => {
  const { app, ready } = await build(t, { degradedStatus: 218, notReadyStatus: 500 })
  app.health.addCheck('cache', () => false, { critical: false })
  t.equal((await ready()).statusCode, 218)
  app.health.maintenance.enter('migration')
  t.equal((await ready()).statusCode, 500)
})

t.test('flapping below the thresholds changes nothing', async (t) => {
  const results = [true, false, true, false, false, true, false, false, false, true, false, true, true]
  const expected = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1]
  let run = -1
  const { clock, ready, lines } = await build(t, {
    cacheFor: 100,
    checks: { database: { check: () => results[run], failureThreshold: 3, successThreshold: 2 } }
  })
  for (const [index, up] of expected.entries()) {
    run = index
    t.equal((await ready()).statusCode, up ? 200 : 503, `after run ${index + 1}`)
    clock.tick(100)
  }
  const said = lines.filter(({ check }) => check === 'database').map(({ msg }) => msg)
  t.strictSame(said, ['health check "database" fails', 'health check "database" passes again'])
})

t.test('a check that fails at first is failed at once, whatever its threshold', async (t) => {
  const { ready } = await build(t, { checks: { database: { check: () => false, failureThreshold: 5 } } })
  t.equal((await ready()).statusCode, 503)
})

t.test('a hang counts against the threshold in each period', async (t) => {
  let hangs = false
  const { clock, ready, app } = await build(t, {
    timeout: 100,
    cacheFor: 100,
    checks: { database: { check: () => (hangs ? new Promise(() => undefined) : true), failureThreshold: 3 } }
  })
  await app.ready()
  t.equal((await ready()).statusCode, 200)
  hangs = true
  const codes: number[] = []
  for (let i = 0; i < 3; i++) {
    await pass(clock, 100)
    const answer = ready()
    await settle()
    await pass(clock, 100)
    codes.push((await answer).statusCode)
  }
  t.strictSame(codes, [200, 200, 503])
})

t.test('each change is one line in the log, with its error; an hour of failure is one too', async (t) => {
  let error: Error | undefined
  const { clock, ready, lines } = await build(t, {
    checks: {
      database: () => {
        if (error) throw error
      }
    }
  })
  await ready()
  t.strictSame(lines, [])
  error = new Error('connection refused')
  for (let i = 0; i < 720; i++) {
    await pass(clock, 5000)
    await ready()
  }
  t.equal(lines.length, 1)
  t.match(lines[0], { level: 40, check: 'database', critical: true, err: { message: 'connection refused' } })
  error = undefined
  await pass(clock, 5000)
  await ready()
  t.equal(lines.length, 2)
  t.match(lines[1], { level: 30, msg: 'health check "database" passes again' })
})

t.test('a slow check is said once, until it has been fast again', async (t) => {
  let takes = 400
  const { clock, lines, ready, app } = await build(t, {
    cacheFor: 0,
    checks: {
      database: { check: () => new Promise((resolve) => setTimeout(resolve, takes)), slowAfter: 300 }
    }
  })
  await app.ready()
  const probe = async () => {
    const answer = ready()
    await settle()
    await pass(clock, takes)
    return (await answer).statusCode
  }
  for (takes of [400, 500, 10, 350]) t.equal(await probe(), 200)
  t.match(lines, [
    { msg: 'health check "database" is slow', duration: 400 },
    { msg: 'health check "database" is slow', duration: 350 }
  ])
  t.equal(lines.length, 2)
})

t.test('groups have a probe each, and their own checks', async (t) => {
  const { app } = await build(t)
  app.health.addCheck('database', () => true, { groups: ['ready', 'payments'] })
  app.health.addCheck('bank', () => false, { groups: ['payments'] })

  t.strictSame((await app.inject('/health/ready')).json(), { status: 'ready', checks: { database: true } })
  const payments = await app.inject('/health/group/payments')
  t.equal(payments.statusCode, 503)
  t.strictSame(payments.json(), { status: 'not ready', checks: { database: true, bank: false } })
  t.equal((await app.inject('/health/group/ready')).statusCode, 200)
  t.equal((await app.inject('/health/group/others')).statusCode, 404)
  app.health.maintenance.enter('migration')
  t.equal(
    (await app.inject('/health/group/payments')).json().reason,
    undefined,
    'a group is about its checks'
  )
})

t.test('startup tasks hold startup and readiness until all have succeeded', async (t) => {
  const warm = Promise.withResolvers<void>()
  const started: string[] = []
  const { app, lines } = await build(t, {
    startupTasks: {
      warm: () => (started.push('warm'), warm.promise)
    }
  })
  app.health.startupTask('migrate', async () => void started.push('migrate'))
  t.strictSame(started, [], 'they wait for the app')
  await app.ready()
  await settle()
  t.strictSame(started, ['warm', 'migrate'], 'and start together')

  const startup = await app.inject('/health/startup')
  t.equal(startup.statusCode, 503)
  t.strictSame(startup.json(), { status: 'starting', tasks: { warm: false } })
  const ready = await app.inject('/health/ready')
  t.equal(ready.statusCode, 503)
  t.strictSame(ready.json(), { status: 'not ready', reason: 'starting', checks: { warm: false } })
  t.equal((await app.inject('/health/live')).statusCode, 200)

  warm.resolve()
  await settle()
  t.strictSame((await app.inject('/health/startup')).json(), { status: 'started' })
  t.strictSame((await app.inject('/health/ready')).json(), { status: 'ready', checks: {} })
  t.ok(lines.some(({ msg }) => msg === 'startup task "warm" is done'))
})

t.test('a startup task that fails keeps the service out of traffic, and says why', async (t) => {
  const { app, lines } = await build(t)
  app.health.startupTask('migrate', () => {
    throw new Error('no such table')
  })
  await app.ready()
  await settle()
  t.equal((await app.inject('/health/startup')).statusCode, 503)
  t.match(lines, [{ level: 50, task: 'migrate', err: { message: 'no such table' } }])
})

t.test('a hold after the start makes it not ready, and does not undo the start', async (t) => {
  const { app, status } = await build(t)
  t.equal(await status(), 'ready')
  const release = app.health.hold('rebalancing')
  const held = await app.inject('/health/ready')
  t.strictSame(held.json(), { status: 'not ready', reason: 'held', checks: { rebalancing: false } })
  t.equal((await app.inject('/health/startup')).statusCode, 200)
  release()
  release()
  t.equal(await status(), 'ready')
})

t.test('maintenance takes it out of traffic with a reason that only operators see', async (t) => {
  const { app, lines, ready } = await build(t, { checks: { database: () => true } })
  await ready()
  app.health.maintenance.enter('moving the secret table')
  const response = await ready()
  t.equal(response.statusCode, 503)
  t.strictSame(response.json(), { status: 'not ready', reason: 'maintenance', checks: { database: true } })
  t.equal((await app.inject('/health/live')).statusCode, 200)
  t.equal((await app.inject('/health/startup')).statusCode, 200)
  t.match(app.health.status(), { maintenance: { reason: 'moving the secret table' } })

  app.health.maintenance.leave()
  app.health.maintenance.leave()
  t.equal((await ready()).statusCode, 200)
  t.equal(app.health.maintenance.current, undefined)
  t.strictSame(
    lines.map(({ msg }) => msg),
    ['maintenance begins: not ready', 'maintenance ends']
  )
})

t.test('after maxUnready a dependency that used to work no longer takes the service out', async (t) => {
  let works = true
  const { app, clock, ready, lines } = await build(t, {
    maxUnready: 60_000,
    cacheFor: 100,
    checks: { database: () => works, never: { check: () => true, maxUnready: 0 } }
  })
  await ready()
  works = false
  await pass(clock, 1000)
  t.equal((await ready()).statusCode, 503)
  await pass(clock, 59_000)
  t.equal((await ready()).statusCode, 503)
  await pass(clock, 1000)
  for (let i = 0; i < 3; i++) {
    const open = await ready()
    t.equal(open.statusCode, 200)
    t.strictSame(open.json(), { status: 'degraded', checks: { database: false, never: true } })
  }
  t.equal(app.health.status().checks.database?.ignored, true)
  t.equal(lines.filter(({ msg }) => msg.includes('no longer waits')).length, 1)

  works = true
  await pass(clock, 1000)
  t.equal((await ready()).json().status, 'ready')
  works = false
  await pass(clock, 1000)
  t.equal((await ready()).statusCode, 503, 'a new spell has its own time')
})

t.test('a dependency that never worked holds a release back, however long', async (t) => {
  const { clock, ready } = await build(t, { maxUnready: 1000, checks: { database: () => false } })
  await ready()
  await pass(clock, 60_000)
  t.equal((await ready()).statusCode, 503)
})

t.test('what operators see has durations, errors without credentials, and the last changes', async (t) => {
  let works = true
  const { app, clock } = await build(t, {
    checks: {
      database: () => {
        if (!works) throw new Error('cannot reach postgres://user:hunter2@db:5432')
      }
    }
  })
  t.equal((await app.inject('/health/startup')).statusCode, 200)
  await app.health.check()
  works = false
  await pass(clock, 1000)
  const report = await app.health.check()
  t.match(report, {
    status: 'not ready',
    started: true,
    held: [],
    checks: {
      database: {
        status: 'fail',
        critical: true,
        groups: ['ready'],
        duration: 0,
        lastPass: /Z$/,
        lastRun: /Z$/
      }
    },
    history: [
      { check: 'database', from: 'pending', to: 'pass' },
      { check: 'database', from: 'pass', to: 'fail', error: 'cannot reach postgres://…@db:5432' }
    ]
  })
})

t.test('the history is bounded', async (t) => {
  let works = false
  const { app, clock } = await build(t, { checks: { database: () => (works = !works) } })
  for (let i = 0; i < 200; i++) {
    await pass(clock, 1000)
    await app.health.check()
  }
  t.equal(app.health.status().history.length, 50)
})

t.test('a check added at run time counts from then on', async (t) => {
  const { app, status } = await build(t)
  t.equal(await status(), 'ready')
  app.health.addCheck('late', () => false, { interval: 1000 })
  t.equal(await status(), 'not ready')
})

t.test('closing stops the background, aborts what runs, and logs no failure for it', async (t) => {
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
