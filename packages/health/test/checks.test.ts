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

/** Builds an app on a fake clock, with its log. */
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

/** Lets promises and immediates settle while the clock stands still. */
const settle = async () => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

const advance = async (clock: Clock, milliseconds: number) => {
  clock.tick(milliseconds)
  await settle()
}

const never: CheckFunction = () => new Promise(() => undefined)

t.test('checks run concurrently, each with its own timeout', async (t) => {
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
  await advance(clock, 500)
  t.strictSame((await answer).json(), {
    status: 'not ready',
    checks: { slow: true, fast: true, stuck: false }
  })
})

t.test('a check that ignores its signal fails in time, and one that heeds it gets the reason', async (t) => {
  let reason: unknown
  const { clock, app } = await build(t, {
    timeout: 300,
    checks: {
      ignoring: never,
      heeding: (signal) =>
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
  await advance(clock, 300)
  t.equal((await answer).statusCode, 503)
  t.match(reason, { code: 'TIMEOUT', message: 'took longer than 300 ms' })
  t.match(app.health.status().checks, {
    ignoring: { status: 'fail', error: 'took longer than 300 ms' }
  })
})

t.test('a check that hangs fails for each prober and is never started twice', async (t) => {
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
    await advance(clock, 300)
    for (const answer of await Promise.all(answers)) t.equal(answer.statusCode, 503)
  }
  t.equal(runs, 1, 'five cache periods and 250 probes, one run')

  resolve()
  await settle()
  await advance(clock, 100)
  t.equal((await app.inject('/health/ready')).statusCode, 200, 'it passes again once the run has settled')
  t.equal(runs, 2)
})

t.test('a thousand probes a second call the dependency once per cache period', async (t) => {
  let runs = 0
  const { app, clock } = await build(t, { cacheFor: 500, checks: { database: async () => void runs++ } })
  await app.ready()
  for (let i = 0; i < 2000; i++) {
    t.equal((await app.inject('/health/ready')).statusCode, 200)
    clock.tick(1)
  }
  t.equal(runs, 4)
})

t.test('concurrent probes share one run even without a cache', async (t) => {
  let runs = 0
  const { app, clock } = await build(t, { cacheFor: 0 })
  app.health.addCheck('database', () => {
    runs++
    return new Promise((resolve) => setTimeout(resolve, 50))
  })
  await app.ready()
  const answers = Array.from({ length: 50 }, async () => app.inject('/health/ready'))
  await settle()
  await advance(clock, 50)
  t.ok((await Promise.all(answers)).every(({ statusCode }) => statusCode === 200))
  t.equal(runs, 1)
})

t.test('a check with an interval runs in the background, and probes never wait for it', async (t) => {
  let runs = 0
  let works = true
  const { app, clock, ready } = await build(t)
  app.health.addCheck('database', () => (runs++, works || never(new AbortController().signal)), {
    interval: 1000
  })
  await app.ready()
  await settle()
  t.equal(runs, 1, 'the first run starts with the app')

  for (let i = 0; i < 100; i++) t.equal((await ready()).statusCode, 200)
  t.equal(runs, 1)
  for (let i = 0; i < 3; i++) await advance(clock, 1000)
  t.equal(runs, 4)

  works = false
  await advance(clock, 1000)
  t.equal((await ready()).statusCode, 200, 'the last result is served while a run is pending')
  await advance(clock, 1500)
  t.equal((await ready()).statusCode, 503, 'the timeout applies in the background too')
})

t.test('a stale result of a background run counts as a failure', async (t) => {
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
  t.equal(app.health.status().checks.database?.status, 'fail', 'an old pass is no pass')
  const answer = ready()
  await settle()
  await advance(clock, 1500)
  t.equal((await answer).statusCode, 503)
})

t.test('staleAfter sets the age at which a result is stale, by the monotonic clock', async (t) => {
  const { app, clock } = await build(t, {
    checks: { database: { check: () => true, interval: 60_000, staleAfter: 61_000 } }
  })
  await app.ready()
  await settle()
  clock.setSystemTime(Date.now() + 10 * 60_000)
  t.equal(app.health.status().checks.database?.status, 'pass', 'a jump of the system time has no influence')
})

t.test(
  'a failing optional check makes readiness degraded, a failing critical one makes it fail',
  async (t) => {
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
  }
)

t.test('degradedStatus and notReadyStatus set the status codes', async (t) => {
  const { app, ready } = await build(t, { degradedStatus: 218, notReadyStatus: 500 })
  app.health.addCheck('cache', () => false, { critical: false })
  t.equal((await ready()).statusCode, 218)
  app.health.maintenance.enter('migration')
  t.equal((await ready()).statusCode, 500)
})

t.test('runs below the thresholds change no state', async (t) => {
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
  const messages = lines.filter(({ check }) => check === 'database').map(({ msg }) => msg)
  t.strictSame(messages, [
    'health: check "database" fails; the service is not ready',
    'health: check "database" passes again'
  ])
})

t.test('the first result counts at once, with any threshold', async (t) => {
  const { ready } = await build(t, { checks: { database: { check: () => false, failureThreshold: 5 } } })
  t.equal((await ready()).statusCode, 503)
})

t.test('a check that hangs counts as one failure per cache period', async (t) => {
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
    await advance(clock, 100)
    const answer = ready()
    await settle()
    await advance(clock, 100)
    codes.push((await answer).statusCode)
  }
  t.strictSame(codes, [200, 200, 503])
})

t.test(
  'each change of state is one log line with its error, and an hour of failure is one line',
  async (t) => {
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
      await advance(clock, 5000)
      await ready()
    }
    t.equal(lines.length, 1)
    t.match(lines[0], {
      level: 40,
      check: 'database',
      critical: true,
      err: { message: 'connection refused' }
    })
    error = undefined
    await advance(clock, 5000)
    await ready()
    t.equal(lines.length, 2)
    t.match(lines[1], { level: 30, msg: 'health: check "database" passes again' })
  }
)

t.test('a slow check is logged once, until it is fast again', async (t) => {
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
    await advance(clock, takes)
    return (await answer).statusCode
  }
  for (takes of [400, 500, 10, 350]) t.equal(await probe(), 200)
  t.match(lines, [
    { msg: /^health: check "database" is slow/, duration: 400 },
    { msg: /^health: check "database" is slow/, duration: 350 }
  ])
  t.equal(lines.length, 2)
})

t.test('each group has a probe with its checks', async (t) => {
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
    'maintenance has no influence on a group'
  )
})

t.test('startup and readiness respond with 503 until all startup tasks have succeeded', async (t) => {
  const warm = Promise.withResolvers<void>()
  const started: string[] = []
  const { app, lines } = await build(t, {
    startupTasks: {
      warm: () => (started.push('warm'), warm.promise)
    }
  })
  app.health.startupTask('migrate', async () => void started.push('migrate'))
  t.strictSame(started, [], 'they do not start before the app has loaded')
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
  t.ok(lines.some(({ msg }) => msg === 'health: startup task "warm" succeeded'))
})

t.test('a startup task that fails keeps the service not ready and is logged with its error', async (t) => {
  const { app, lines } = await build(t)
  app.health.startupTask('migrate', () => {
    throw new Error('no such table')
  })
  await app.ready()
  await settle()
  t.equal((await app.inject('/health/startup')).statusCode, 503)
  t.match(lines, [
    {
      level: 50,
      msg: /^health: startup task "migrate" failed/,
      task: 'migrate',
      err: { message: 'no such table' }
    }
  ])
})

t.test('a hold after start-up makes the service not ready, and startup still passes', async (t) => {
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

t.test('maintenance makes the service not ready, with a reason that only operators see', async (t) => {
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
    ['health: maintenance started; the service is not ready until it ends', 'health: maintenance ended']
  )
})

t.test('readiness ignores a critical check that has failed for maxUnready after it had passed', async (t) => {
  let works = true
  const { app, clock, ready, lines } = await build(t, {
    maxUnready: 60_000,
    cacheFor: 100,
    checks: { database: () => works, never: { check: () => true, maxUnready: 0 } }
  })
  await ready()
  works = false
  await advance(clock, 1000)
  t.equal((await ready()).statusCode, 503)
  await advance(clock, 59_000)
  t.equal((await ready()).statusCode, 503)
  await advance(clock, 1000)
  for (let i = 0; i < 3; i++) {
    const open = await ready()
    t.equal(open.statusCode, 200)
    t.strictSame(open.json(), { status: 'degraded', checks: { database: false, never: true } })
  }
  t.equal(app.health.status().checks.database?.ignored, true)
  t.equal(lines.filter(({ msg }) => msg.includes('readiness ignores it')).length, 1)

  works = true
  await advance(clock, 1000)
  t.equal((await ready()).json().status, 'ready')
  works = false
  await advance(clock, 1000)
  t.equal((await ready()).statusCode, 503, 'maxUnready starts again with each failure')
})

t.test('maxUnready does not apply to a check that has never passed', async (t) => {
  const { clock, ready } = await build(t, { maxUnready: 1000, checks: { database: () => false } })
  await ready()
  await advance(clock, 60_000)
  t.equal((await ready()).statusCode, 503)
})

t.test(
  'the report for operators has durations, errors without credentials, and the last changes',
  async (t) => {
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
    await advance(clock, 1000)
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
        { check: 'database', from: 'pass', to: 'fail', error: 'cannot reach postgres://[redacted]@db:5432' }
      ]
    })
  }
)

t.test('the history is bounded', async (t) => {
  let works = false
  const { app, clock } = await build(t, { checks: { database: () => (works = !works) } })
  for (let i = 0; i < 200; i++) {
    await advance(clock, 1000)
    await app.health.check()
  }
  t.equal(app.health.status().history.length, 50)
})

t.test('a check that is added at run time counts from then on', async (t) => {
  const { app, status } = await build(t)
  t.equal(await status(), 'ready')
  app.health.addCheck('late', () => false, { interval: 1000 })
  t.equal(await status(), 'not ready')
})

t.test('closing stops background runs, aborts the current run and logs no failure', async (t) => {
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
