import { once } from 'node:events'
import Fastify, { type FastifyInstance } from 'fastify'
import CircuitBreaker from 'opossum'
import t, { type Test } from 'tap'
import { resilience, type ResilienceOptions } from '../src/index.ts'
import { noRequest } from './helpers/app.ts'
import { otherPlugins } from './helpers/other-plugins.ts'

const down = new Error('down')

/** An app with its own breaker around a function that a test replaces. */
async function build(t: Test, { options = {}, ...plugin }: BuildOptions = {}) {
  const lines: Record<string, unknown>[] = []
  const logger = { stream: { write: (line: string) => void lines.push(JSON.parse(line)) } }
  const app = Fastify({ logger })
  const { observed, plugin: other } = otherPlugins()
  t.teardown(() => app.close())
  await app.register(other)
  await app.register(resilience, { shedding: false, ...plugin })
  const service = { answer: async (id: string): Promise<string> => `user ${id}` }
  const breaker = new CircuitBreaker((id: string) => service.answer(id), {
    timeout: false,
    volumeThreshold: 2,
    resetTimeout: 50,
    ...options
  })
  return { app, observed, lines, service, breaker }
}
interface BuildOptions extends ResilienceOptions {
  options?: CircuitBreaker.Options
}

async function openByFailures({
  breaker,
  service
}: {
  breaker: CircuitBreaker<[string], string>
  service: Service
}) {
  service.answer = () => Promise.reject(down)
  for (let call = 0; call < 20 && !breaker.opened; call++) await breaker.fire('1').catch(() => undefined)
}
interface Service {
  answer: (id: string) => Promise<string>
}

/** The timers of opossum let the process end: this one keeps it. */
async function untilEvent(t: Test, breaker: CircuitBreaker<[string], string>, event: string) {
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  await once(breaker, event)
}

t.test('the calls of an adopted breaker stay as they are, and are counted', async (t) => {
  const built = await build(t, { options: { capacity: 1, errorFilter: (error) => error.ignored === true } })
  const { app, breaker, service, observed } = built
  await app.ready()
  app.resilience.adopt('users', breaker)
  t.equal(await breaker.fire('7'), 'user 7')
  let finish: (result: string) => void = () => undefined
  service.answer = () => new Promise((resolve) => (finish = resolve))
  const first = breaker.fire('8')
  await t.rejects(breaker.fire('9'), { code: 'ESEMLOCKED' })
  finish('late')
  t.equal(await first, 'late')
  service.answer = () => Promise.reject(Object.assign(new Error('not found'), { ignored: true }))
  await t.rejects(breaker.fire('1'), { message: 'not found' })
  await openByFailures(built)
  await t.rejects(breaker.fire('1'), { code: 'EOPENBREAKER' })
  observed.scrape()
  t.match(observed.values, {
    'breaker_calls_total users success': 2,
    'breaker_calls_total users full': 1,
    'breaker_calls_total users ignored': 1,
    'breaker_calls_total users failure': 3,
    'breaker_calls_total users rejected': 1,
    'breaker_state users open': 1,
    'breaker_state users closed': 0
  })
  t.match(app.resilience.list(), [{ name: 'users', state: 'open', size: 1, counts: { success: 2 } }])
})

t.test('timeouts and fallbacks are counted', async (t) => {
  const { app, breaker, service } = await build(t, { options: { timeout: 1 } })
  const adopted = app.resilience.adopt('users', breaker)
  breaker.fallback((id: string) => `cached ${id}`)
  service.answer = () => new Promise(() => undefined)
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  t.equal(await breaker.fire('7'), 'cached 7')
  t.match(adopted.snapshot(), { counts: { timeout: 1, failure: 0 }, degraded: 1 })
})

t.test('its state changes reach the log, the metrics and the listeners', async (t) => {
  const built = await build(t)
  const { app, breaker, service, lines, observed } = built
  await app.ready()
  const adopted = app.resilience.adopt('users', breaker)
  const changes: string[] = []
  app.resilience.onStateChange(({ from, to, reason }) => changes.push(`${from} ${to} ${reason}`))
  adopted.onStateChange(({ to, error }) => changes.push(`${to} ${error === down}`))
  await openByFailures(built)
  t.equal(adopted.state, 'open')
  await untilEvent(t, breaker, 'halfOpen')
  t.equal(adopted.state, 'half-open')
  await breaker.fire('1').catch(() => undefined)
  await untilEvent(t, breaker, 'halfOpen')
  service.answer = async () => 'well'
  t.equal(await breaker.fire('1'), 'well')
  t.equal(adopted.state, 'closed')
  t.strictSame(
    changes.filter((change) => change.includes('-')),
    [
      'closed open failure-rate',
      'open half-open probe-started',
      'half-open false',
      'half-open open probe-failed',
      'open half-open probe-started',
      'half-open false',
      'half-open closed probe-succeeded'
    ]
  )
  t.equal(changes.filter((change) => change === 'open true').length, 2, 'with the failure')
  t.match(
    lines.find(({ reason }) => reason === 'failure-rate'),
    {
      breaker: 'users',
      msg: 'resilience: breaker open; one call tests the service after the reset timeout; check that service'
    }
  )
  t.equal(observed.values['breaker_state_changes_total users open'], 2)
})

t.test('readiness follows it', async (t) => {
  const built = await build(t)
  const { app, breaker, observed } = built
  await app.ready()
  app.resilience.adopt('users', breaker, { health: { critical: true } })
  app.resilience.adopt('unobserved', new CircuitBreaker(async () => 1))
  const entry = observed.checks['breaker:users']
  const isReady = () => entry?.check(new AbortController().signal)
  t.strictSame(Object.keys(observed.checks), ['breaker:users'])
  t.strictSame(entry?.options, { critical: true })
  t.equal(isReady(), true)
  await openByFailures(built)
  t.equal(isReady(), false)
  await untilEvent(t, breaker, 'halfOpen')
  t.equal(isReady(), true, 'it needs a call')
})

t.test('operators isolate and release it', async (t) => {
  const { app, breaker, observed } = await build(t)
  await app.ready()
  const adopted = app.resilience.adopt('users', breaker)
  const post = async (action: string) =>
    (await observed.operators.inject({ method: 'POST', url: `/breakers/users/${action}` })).json()
  t.match(await post('isolate'), { name: 'users', state: 'isolated' })
  await t.rejects(breaker.fire('1'), { code: 'EOPENBREAKER' })
  await untilEvent(t, breaker, 'halfOpen')
  await t.rejects(breaker.fire('1'), { code: 'EOPENBREAKER' }, 'its reset timeout does not end the isolation')
  t.equal(adopted.state, 'isolated')
  t.match(await post('release'), { state: 'closed' })
  t.equal(await breaker.fire('1'), 'user 1')
})

t.test('a release leaves a breaker open that was open before', async (t) => {
  const built = await build(t)
  const { app, breaker } = built
  const adopted = app.resilience.adopt('users', breaker)
  await openByFailures(built)
  adopted.isolate().release()
  t.equal(adopted.state, 'open')
  t.ok(breaker.opened)
})

t.test('a call with its request ends at the deadline, and rejects with errors for clients', async (t) => {
  const built = await build(t, { deadline: { default: 30 } })
  const { app, breaker, service } = built
  const adopted = app.resilience.adopt('users', breaker)
  app.get('/:id', (request: { params: unknown } & Parameters<typeof adopted.call>[0] & object) =>
    adopted.call(request, (request.params as { id: string }).id)
  )
  t.equal((await app.inject('/7')).body, 'user 7')
  let finish: (result: string) => void = () => undefined
  service.answer = () => new Promise((resolve) => (finish = resolve))
  const late = await app.inject('/7')
  t.equal(late.statusCode, 504)
  t.equal(late.json().code, 'DEADLINE_EXCEEDED')
  finish('after the deadline')
  t.match(adopted.snapshot().counts, { failure: 0, timeout: 0 }, 'the deadline is no failure of the service')
  await openByFailures(built)
  const open = await app.inject('/7')
  t.equal(open.statusCode, 503)
  t.equal(open.json().code, 'BREAKER_OPEN')
  t.equal(open.headers['retry-after'], '1')
})

t.test('errors of the function reach the caller unchanged', async (t) => {
  const { app, breaker, service } = await build(t)
  const adopted = app.resilience.adopt('users', breaker)
  const refused = Object.assign(new Error('connect'), { code: 'ETIMEDOUT' })
  service.answer = () => Promise.reject(refused)
  t.equal(await adopted.call(noRequest, '1').catch((error: unknown) => error), refused)
})

t.test('it is shut down with the app', async (t) => {
  const { app, breaker } = await build(t)
  const adopted = app.resilience.adopt('users', breaker)
  await app.close()
  t.ok(breaker.isShutdown)
  await t.rejects(adopted.call(noRequest, '1'), { code: 'SERVICE_CLOSING' })
})

t.test('of two apps, the last one shuts it down; with `shutdown: false` none does', async (t) => {
  const [one, two, three] = await Promise.all([build(t), build(t), build(t)])
  const adopt = ({ app }: { app: FastifyInstance }, options = {}) =>
    app.resilience.adopt('users', one.breaker, options)
  adopt(one)
  adopt(two)
  await one.app.close()
  t.notOk(one.breaker.isShutdown)
  t.equal(await one.breaker.fire('1'), 'user 1')
  t.equal(two.app.resilience.list()[0]?.counts.success, 1)
  await two.app.close()
  t.ok(one.breaker.isShutdown)

  three.app.resilience.adopt('users', three.breaker, { shutdown: false })
  await three.app.close()
  t.notOk(three.breaker.isShutdown)
  t.equal(three.breaker.listenerCount('reject'), new CircuitBreaker(async () => 1).listenerCount('reject'))
  three.breaker.shutdown()
})

t.test('a wrong value stops the start and is named', async (t) => {
  const { app, breaker } = await build(t)
  const { resilience: registry } = app
  app.resilience.breaker('own', async () => 1)
  t.throws(() => registry.adopt('own', breaker), /there is a breaker "own" already/)
  t.throws(() => registry.adopt('', breaker), { code: 'INVALID_OPTION' })
  t.throws(
    () => registry.adopt('a', {} as never),
    /a breaker of opossum, got a value without its member "fire"/
  )
  t.throws(() => registry.adopt('a', undefined as never), { code: 'INVALID_OPTION' })
  t.throws(() => registry.adopt('a', breaker, { helth: {} } as never), /did you mean "health"/)
  t.throws(() => registry.adopt('a', breaker, { health: { critical: 'yes' } } as never), /critical/)
  breaker.shutdown()
  t.throws(() => registry.adopt('a', breaker), /one that was shut down/)
})
