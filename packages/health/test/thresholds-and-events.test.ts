import t from 'tap'
import { advance, build, settle } from './helpers.ts'

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
