import t from 'tap'
import { advance, build, settle } from './helpers.ts'

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
