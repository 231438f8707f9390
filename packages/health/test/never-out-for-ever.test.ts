import fc from 'fast-check'
import t from 'tap'
import { postgresCheck } from '../src/index.ts'
import { advance, build, never, settle } from './helpers.ts'

t.test('a check whose promise is lost is run again, after twice its timeout at first', async (t) => {
  let runs = 0
  const { app, clock, ready } = await build(t, { timeout: 100, cacheFor: 0 })
  app.health.addCheck('queue', () => (++runs <= 3 ? new Promise(() => undefined) : true))
  await app.ready()
  const probe = async () => {
    const answer = ready()
    await settle()
    await advance(clock, 100)
    return (await answer).statusCode
  }
  let elapsed = 0
  for (; elapsed < 10_000 && (await probe()) !== 200; elapsed += 100);
  t.equal(runs, 4)
  t.ok(elapsed < 2000, `ready after ${elapsed} ms`)
})

t.test('while a dependency hangs for an hour, few calls pile up', async (t) => {
  let runs = 0
  const { app, clock } = await build(t, {
    checks: { queue: { check: () => (runs++, never(null as never)), interval: 1000 } }
  })
  await app.ready()
  for (let i = 0; i < 3600; i++) await advance(clock, 1000)
  t.ok(runs > 5 && runs < 80, `${runs} calls`)
})

t.test('a lost call that settles late changes nothing', async (t) => {
  const first = Promise.withResolvers<boolean>()
  let runs = 0
  const { app, clock, ready } = await build(t, { timeout: 100, cacheFor: 0 })
  app.health.addCheck('queue', () => (++runs === 1 ? first.promise : true))
  await app.ready()
  for (let i = 0; i < 4; i++) {
    const answer = ready()
    await settle()
    await advance(clock, 100)
    await answer
  }
  t.equal((await ready()).statusCode, 200)
  first.resolve(false)
  await settle()
  t.equal((await ready()).statusCode, 200)
})

t.test('after any sequence of outcomes, good ones bring a check back within a minute', async (t) => {
  const outcome = fc.constantFrom('pass', 'fail', 'throw', 'lost', 'late')
  const { app, clock, ready } = await build(t, { timeout: 200, cacheFor: 100 })
  let queue: string[] = []
  const late: ((value: boolean) => void)[] = []
  app.health.addCheck('queue', () => {
    const next = queue.shift() ?? 'pass'
    if (next === 'throw') throw new Error('no')
    if (next === 'lost') return new Promise(() => undefined)
    if (next === 'late') return new Promise((resolve) => late.push(resolve))
    return next === 'pass'
  })
  await app.ready()
  const probe = async () => {
    const answer = ready()
    await settle()
    await advance(clock, 300)
    return (await answer).statusCode
  }
  await fc.assert(
    fc.asyncProperty(fc.array(outcome, { maxLength: 6 }), async (outcomes) => {
      queue = [...outcomes]
      for (let i = 0; i < 4; i++) {
        await probe()
        if (i === 2) late.splice(0).forEach((resolve) => resolve(false))
      }
      for (let i = 0; i < 200; i++) if ((await probe()) === 200 && queue.length === 0) return true
      return false
    }),
    { numRuns: 30 }
  )
})

t.test(
  'a hanging optional check costs a probe a tenth of a second at most, and later ones nothing',
  async (t) => {
    const { app, clock, ready } = await build(t, {
      cacheFor: 0,
      checks: { database: () => true, hints: { check: never, critical: false, timeout: 5000 } }
    })
    await app.ready()
    const first = ready()
    await settle()
    await advance(clock, 100)
    t.match((await first).json(), { status: 'degraded', checks: { database: true, hints: false } })
    for (let i = 0; i < 5; i++) {
      t.equal((await ready()).statusCode, 200, 'without waiting')
      await advance(clock, 3000)
    }
  }
)

t.test('a quick optional check is shown fresh on the same probe', async (t) => {
  let healthy = false
  const { app, ready } = await build(t, {
    cacheFor: 0,
    checks: { hints: { check: async () => healthy, critical: false } }
  })
  await app.ready()
  t.match((await ready()).json(), { status: 'degraded' })
  healthy = true
  t.match((await ready()).json(), { status: 'ready' })
})

t.test('a probe responds within Kubernetes’ second, whatever the timeout of a check', async (t) => {
  for (const timeout of [undefined, 5000]) {
    let hang = false
    const { app, clock, ready } = await build(t, { cacheFor: 0, ...(timeout && { timeout }) })
    app.health.addCheck('database', () => (hang ? new Promise(() => undefined) : true))
    await app.ready()
    t.equal((await ready()).statusCode, 200)
    hang = true
    const answer = ready()
    await settle()
    await advance(clock, 900)
    t.equal((await answer).statusCode, timeout === undefined ? 503 : 200, 'the longer run is not over yet')
    await advance(clock, 5000)
    const later = ready()
    await settle()
    await advance(clock, 900)
    t.equal((await later).statusCode, 503)
    clock.uninstall()
  }
})

t.test('a startup task that fails, hangs or succeeds late brings the service into traffic', async (t) => {
  for (const kind of ['fails', 'hangs', 'throws', 'late'] as const) {
    let runs = 0
    const reasons: unknown[] = []
    const late = Promise.withResolvers<void>()
    const { app, clock, status, lines } = await build(t, {
      startupTimeout: 2000,
      startupTasks: {
        warm: (signal) => {
          signal.addEventListener('abort', () => reasons.push((signal.reason as { code?: string }).code))
          if (++runs > 2) return undefined
          if (kind === 'fails') return Promise.reject(new Error('not yet'))
          if (kind === 'hangs') return new Promise(() => undefined)
          if (kind === 'late') return late.promise
          throw new Error('not yet')
        }
      }
    })
    await app.ready()
    await settle()
    t.equal(await status(), 'not ready')
    if (kind === 'late') {
      await advance(clock, 2000)
      late.resolve()
      await settle()
      t.equal(await status(), 'ready', 'at once, without another run')
    } else {
      for (let i = 0; i < 20 && (await status()) !== 'ready'; i++) await advance(clock, 500)
      t.equal(await status(), 'ready', kind)
      t.equal(runs, 3)
    }
    if (kind !== 'fails' && kind !== 'throws') t.match(reasons, ['TIMEOUT'])
    t.match(
      lines.find(({ level }) => level === 50)!.msg,
      'health: startup task "warm" failed; the service stays not ready and runs it again within 1 s; correct what "err" names'
    )
    clock.uninstall()
  }
})

t.test('maintenance may end by itself', async (t) => {
  const { app, clock, status } = await build(t)
  await app.ready()
  app.health.maintenance.enter('upgrade', { maxDuration: 5000 })
  t.equal(await status(), 'not ready')
  await advance(clock, 4000)
  app.health.maintenance.enter('longer', { maxDuration: 5000 })
  await advance(clock, 4000)
  t.equal(await status(), 'not ready', 'the later end counts')
  await advance(clock, 1000)
  t.equal(await status(), 'ready')
  for (const maxDuration of [0, -1, 1.5, Infinity, 604_800_001])
    t.throws(() => app.health.maintenance.enter('x', { maxDuration }), { code: 'INVALID_OPTION' })
})

t.test('a logger or a meter that throws keeps no probe from responding', async (t) => {
  const { app, ready } = await build(t, { cacheFor: 0, checks: { x: () => false } })
  app.log.warn = () => {
    throw new Error('the log is full')
  }
  await app.ready()
  t.equal((await ready()).statusCode, 503)
  t.equal((await ready()).statusCode, 503)
})

t.test('a pool that never answers a request for a connection is asked again', async (t) => {
  let requests = 0
  const client = { query: async () => 1, release: () => undefined }
  const pool = {
    totalCount: 1,
    query: async () => 1,
    connect: () => (++requests === 1 ? new Promise<never>(() => undefined) : Promise.resolve(client))
  }
  const { app, clock, ready } = await build(t, {
    timeout: 100,
    cacheFor: 0,
    checks: { db: postgresCheck(pool) }
  })
  await app.ready()
  let code = 0
  for (let i = 0; i < 20 && code !== 200; i++) {
    const answer = ready()
    await settle()
    await advance(clock, 100)
    code = (await answer).statusCode
  }
  t.equal(code, 200)
  t.equal(requests, 2)
})
