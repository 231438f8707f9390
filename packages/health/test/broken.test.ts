import t from 'tap'
import { advance, build, settle } from './helpers.ts'

t.test('an app that declares itself broken is not ready at once, and liveness fails later', async (t) => {
  const { app, clock, lines } = await build(t, { broken: { minUptime: 60_000, spread: 30_000 } })
  await app.ready()
  await advance(clock, 10_000)
  const live = async () => (await app.inject('/health/live')).statusCode
  app.health.broken('the driver has lost its native memory')
  const ready = await app.inject('/health/ready')
  t.match(ready.json(), { status: 'not ready', reason: 'broken' })
  t.notMatch(ready.body, /driver/)
  t.equal(await live(), 200)
  await advance(clock, 49_999)
  t.equal(await live(), 200, 'not before the process has lived for a minute')
  await advance(clock, 30_001)
  const failing = await app.inject('/health/live')
  t.equal(failing.statusCode, 503)
  t.strictSame(failing.json(), { status: 'broken' })
  t.match(app.health.status(), {
    status: 'not ready',
    reason: 'broken',
    broken: { reason: 'the driver has lost its native memory', since: String, restartAt: String }
  })
  t.match(lines.at(-1), {
    level: 50,
    reason: 'the driver has lost its native memory',
    msg: /^health: the app has declared itself broken \(the driver has lost its native memory\); the service is not ready/
  })
})

t.test('a process that has lived long enough fails within the spread, which is random', async (t) => {
  const times = new Set<string>()
  for (let replica = 0; replica < 5; replica++) {
    const { app, clock } = await build(t, { broken: { minUptime: 1000, spread: 30_000 } })
    await app.ready()
    await advance(clock, 100_000)
    app.health.broken('no memory')
    times.add(app.health.status().broken!.restartAt)
    await advance(clock, 30_001)
    t.equal((await app.inject('/health/live')).statusCode, 503)
    clock.uninstall()
  }
  t.ok(times.size > 1)
})

t.test('it is taken back by the last of the returned functions', async (t) => {
  const { app, status } = await build(t, { broken: { minUptime: 0, spread: 0 } })
  await app.ready()
  const first = app.health.broken('one')
  const second = app.health.broken('two')
  first()
  first()
  t.equal(await status(), 'not ready')
  t.equal((await app.inject('/health/live')).statusCode, 503)
  second()
  t.equal(await status(), 'ready')
  t.equal((await app.inject('/health/live')).statusCode, 200)
  t.equal(app.health.status().broken, undefined)
})

t.test(
  'a startup task is run again as its options say, at random between half of the delay and all of it',
  async (t) => {
    for (let replica = 0; replica < 5; replica++) {
      const runs: number[] = []
      const { app, clock, status } = await build(t)
      app.health.startupTask(
        'warm',
        () => {
          runs.push(clock.now)
          if (runs.length < 5) throw new Error('not yet')
        },
        { delay: 400, maxDelay: 1000 }
      )
      await app.ready()
      await settle()
      for (let i = 0; i < 400 && (await status()) !== 'ready'; i++) await advance(clock, 10)
      const waits = runs.slice(1).map((at, index) => at - runs[index]!)
      t.equal(waits.length, 4)
      for (const [index, longest] of [400, 800, 1000, 1000].entries()) {
        t.ok(waits[index]! >= longest / 2, `${waits[index]} of ${longest}`)
        t.ok(waits[index]! <= longest + 10, `${waits[index]} of ${longest}`)
      }
      clock.uninstall()
    }
  }
)

t.test('after its last retry the app is broken, so that the platform restarts the process', async (t) => {
  let runs = 0
  const { app, clock, lines } = await build(t, {
    broken: { minUptime: 20_000, spread: 0 },
    startupTasks: {
      migrate: {
        retries: 2,
        task: () => {
          runs++
          throw new Error('no database')
        }
      }
    }
  })
  await app.ready()
  await settle()
  for (let i = 0; i < 10; i++) await advance(clock, 1000)
  t.equal(runs, 3)
  t.match((await app.inject('/health/ready')).json(), { status: 'not ready', reason: 'broken' })
  t.equal((await app.inject('/health/startup')).statusCode, 503)
  t.equal((await app.inject('/health/live')).statusCode, 200)
  await advance(clock, 10_000)
  t.equal((await app.inject('/health/live')).statusCode, 503)
  const messages = lines.filter(({ level }) => level === 50).map(({ msg }) => msg)
  t.match(messages.slice(-2), [
    'health: startup task "migrate" failed; the service stays not ready and has no retry left; correct what "err" names',
    /declared itself broken \(the startup task "migrate" has failed 3 times\)/
  ])
})

t.test('a run has the timeout of its task', async (t) => {
  const reasons: unknown[] = []
  const { app, clock } = await build(t)
  app.health.startupTask(
    'warm',
    (signal) => {
      signal.addEventListener('abort', () => reasons.push((signal.reason as { code?: string }).code))
      return new Promise(() => undefined)
    },
    { timeout: 50 }
  )
  await app.ready()
  await settle()
  await advance(clock, 50)
  t.strictSame(reasons, ['TIMEOUT'])
})

t.test('wrong options are refused', async (t) => {
  const { app } = await build(t)
  await app.ready()
  const task = () => undefined
  const wrong = { code: 'INVALID_OPTION' }
  t.throws(() => app.health.broken(''), wrong)
  for (const options of [{ retries: -1 }, { retries: 0.5 }, { delay: -1 }, { maxDelay: 1e9 }, { timeout: 0 }])
    t.throws(() => app.health.startupTask('warm', task, options), wrong, JSON.stringify(options))
  t.throws(() => app.health.startupTask('warm', task, { retrys: 1 } as object), {
    ...wrong,
    message: 'health: "startupTasks.warm.retrys" is not an option, did you mean "retries"?'
  })
})
