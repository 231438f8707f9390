// Work that no response waits for: a shutdown waits for it, and names what it cuts.
import { meterPort, provide, reporterPort, type MetricOptions } from '@seaworthy/contract'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { shutdown, shutdownServerOptions, type ShutdownOptions } from '../src/index.ts'

interface Line {
  level: number
  msg: string
  [key: string]: unknown
}

/** An app with its log, its reports, and the values of its metrics by name and labels. */
async function build(t: Test, options: ShutdownOptions = {}) {
  const lines: Line[] = []
  const reports: unknown[] = []
  const values: Record<string, number> = {}
  const family = ({ name }: MetricOptions) => ({
    with(...labels: string[]) {
      const key = [name, ...labels].join(' ')
      const add = (value: number) => void (values[key] = (values[key] ?? 0) + value)
      return {
        inc: () => add(1),
        dec: () => add(-1),
        set: () => undefined,
        observe: () => add(1)
      }
    }
  })
  const stream = { write: (text: string) => void lines.push(JSON.parse(text) as Line) }
  const app = Fastify({ ...shutdownServerOptions(), logger: { level: 'info', stream } })
  t.teardown(() => app.close())
  await app.register(
    fp(async (fastify: FastifyInstance) => {
      provide(fastify, meterPort, { counter: family, gauge: family, histogram: family })
      provide(fastify, reporterPort, {
        report: (error, context) => void reports.push({ error, ...context }),
        flush: async () => undefined
      })
    })
  )
  await app.register(shutdown, {
    exit: false,
    drainDelay: 0,
    timeout: 600_000,
    closeTimeout: 600_000,
    ...options
  })
  return { app, lines, reports, values }
}

t.test('work goes on after its response, and a shutdown waits for it before resources close', async (t) => {
  const { app, values, lines } = await build(t)
  const sent = Promise.withResolvers<void>()
  const happened: string[] = []
  app.shutdown.onShutdown('pool', () => happened.push('pool closed'))
  app.post('/orders', async (request) => {
    request.waitUntil(
      sent.promise.then(() => happened.push('mail sent')),
      'mail'
    )
    return 'ordered'
  })
  t.equal((await app.inject({ method: 'POST', url: '/orders' })).body, 'ordered')
  t.equal(values['background_work_in_flight mail'], 1)
  app.shutdown.onDrain(() => void setImmediate(sent.resolve))
  t.equal(await app.shutdown.begin(), 0)
  t.strictSame(happened, ['mail sent', 'pool closed'])
  t.match(values, {
    'background_work_in_flight mail': 0,
    'background_work_total mail success': 1,
    'background_work_duration_seconds mail': 1
  })
  t.notOk(lines.some(({ level }) => level >= 40))
})

t.test('app.close() waits for the work too', async (t) => {
  const { app } = await build(t)
  let isDone = false
  void app.shutdown.track('report', async () => {
    await new Promise((resolve) => setImmediate(resolve))
    // Work that begins meanwhile is waited for as well.
    void app.shutdown.track('mail', async () => {
      await new Promise((resolve) => setImmediate(resolve))
      isDone = true
    })
  })
  await app.close()
  t.ok(isDone)
})

t.test('work that fails is logged with its request, reported and counted, and ends nothing', async (t) => {
  const { app, lines, reports, values } = await build(t)
  app.get('/', async (request) => {
    request.waitUntil(Promise.reject(new Error('no mail server')))
    return request.id
  })
  const { body: id } = await app.inject('/')
  void app.shutdown.track('report', () => {
    throw new Error('no disk')
  })
  t.equal(await app.shutdown.begin(), 0)
  const failures = lines.filter(({ level }) => level === 50)
  t.match(failures, [
    {
      msg: 'shutdown: background work "GET /" failed; nothing repeats it; correct what "err" names',
      work: 'GET /',
      id,
      reqId: id,
      err: { message: 'no mail server' }
    },
    { work: 'report', err: { message: 'no disk' } }
  ])
  t.match(reports, [
    { error: { message: 'no mail server' }, source: 'background work "GET /"', request: { id } },
    { error: { message: 'no disk' }, source: 'background work "report"' }
  ])
  t.equal(values['background_work_total report failure'], 1)
})

t.test('track settles as its function does', async (t) => {
  const { app } = await build(t)
  t.equal(await app.shutdown.track('sum', () => 3), 3)
  t.equal(await app.shutdown.track('sum', async () => 4), 4)
  await t.rejects(
    app.shutdown.track('sum', async () => Promise.reject(new Error('no'))),
    { message: 'no' }
  )
  t.throws(() => app.shutdown.track('', () => 3), { code: 'INVALID_OPTION' })
  t.throws(() => app.shutdown.track('sum', 3 as never), { code: 'INVALID_OPTION' })
})

t.test('work that does not end is named when it is cut, and its signal aborts', async (t) => {
  const { app, lines, values } = await build(t, { timeout: 100 })
  await app.ready()
  let reason: unknown
  void app.shutdown.track('import', (signal) => {
    signal.addEventListener('abort', () => (reason = signal.reason))
    return new Promise(() => undefined)
  })
  t.equal(await app.shutdown.begin(), 1)
  t.match(reason, { message: 'the shutdown has no time left' })
  t.match(
    lines.find(({ level }) => level === 40),
    {
      msg: /^shutdown: background work was cut \("import"\); continuing/,
      work: [{ name: 'import', id: /^[\w-]{36}$/, age: Number }],
      count: 1
    }
  )
  t.equal(values['background_work_total import cut'], 1)
})

t.test('consumers stop when draining starts, and their work ends before resources close', async (t) => {
  const { app } = await build(t)
  const happened: string[] = []
  app.shutdown.onShutdown('database', () => happened.push(`database ${app.shutdown.state}`))
  for (const name of ['queue', 'timer']) {
    const stop = async () => {
      happened.push(`${name} ${app.shutdown.state}`)
      await app.shutdown.track('job', () => new Promise((resolve) => setImmediate(resolve)))
      happened.push(`${name} idle`)
    }
    app.shutdown.onShutdown(name, stop, { phase: 'consumers' })
  }
  await app.ready()
  t.equal(await app.shutdown.begin(), 0)
  t.strictSame(happened.slice(0, 2), ['queue draining', 'timer draining'])
  t.strictSame(happened.slice(2, 4).toSorted(), ['queue idle', 'timer idle'])
  t.strictSame(happened.slice(4), ['database closing'])
  t.throws(() => app.shutdown.onShutdown('late', () => undefined, { phase: 'consumers' }), {
    message: 'shutdown: "late" cannot be added: the consumers have stopped; add it earlier'
  })
})

t.test('a consumer that fails or hangs is named, and makes the exit code 1', async (t) => {
  for (const [stop, message] of [
    [() => Promise.reject(new Error('no broker')), 'no broker'],
    [() => new Promise(() => undefined), 'took longer than 50 ms']
  ] as const) {
    const { app, lines } = await build(t)
    app.shutdown.onShutdown('queue', stop, { phase: 'consumers', timeout: 50 })
    await app.ready()
    t.equal(await app.shutdown.begin(), 1)
    t.match(lines, [{}, { level: 50, resource: 'queue', err: { message } }])
  }
})

t.test('the budget has room for the longest timeout of a consumer', async (t) => {
  const { app } = await build(t, { drainDelay: 0, timeout: 1000, closeTimeout: 100, flushTimeout: 10 })
  t.equal(app.shutdown.budget, 1110)
  app.shutdown.onShutdown('short', () => undefined, { phase: 'consumers', timeout: 900 })
  t.equal(app.shutdown.budget, 1110, 'it stops while requests end')
  app.shutdown.onShutdown('long', () => undefined, { phase: 'consumers', timeout: 5000 })
  t.equal(app.shutdown.budget, 5110)
})

t.test('an unknown phase is refused', async (t) => {
  const { app } = await build(t)
  t.throws(() => app.shutdown.onShutdown('queue', () => undefined, { phase: 'queues' as 'consumers' }), {
    code: 'INVALID_OPTION',
    message: `shutdown: "queue.phase" must be one of 'consumers', 'resources', got 'queues'`
  })
})

t.test('a waitUntil of another plugin stays', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const seen: unknown[] = []
  app.decorateRequest('waitUntil', (promise: unknown) => void seen.push(promise))
  await app.register(shutdown, { exit: false })
  app.get('/', async (request) => {
    request.waitUntil(Promise.resolve())
    return 'fine'
  })
  await app.inject('/')
  t.equal(seen.length, 1)
})
