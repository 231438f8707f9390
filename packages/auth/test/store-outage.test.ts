import { randomBytes } from 'node:crypto'
import { managementPort, provide } from '@seaworthy/contract'
import { until } from '@seaworthy/testing'
import Fastify from 'fastify'
import t from 'tap'
import { auth, type RedisClient } from '../src/index.ts'
import { guardedApp } from './helpers.ts'

/** A client whose Redis can stop answering. While it does, commands wait for {@link thaw}. */
function freezableRedis() {
  let waiting: (() => void)[] = []
  const state = { frozen: false, commands: 0 }
  const answer = async <T>(value: T): Promise<T> => {
    if (state.frozen) await new Promise<void>((resolve) => waiting.push(resolve))
    return value
  }
  const client: RedisClient = {
    eval: () => answer(null),
    evalsha: () => {
      state.commands++
      return answer(null)
    },
    ping: () => answer('PONG'),
    duplicate: () => ({
      on: () => undefined,
      subscribe: async () => undefined,
      disconnect: () => undefined
    })
  }
  const thaw = (): void => {
    state.frozen = false
    for (const resolve of waiting) resolve()
    waiting = []
  }
  return { client, state, thaw }
}

t.test('while Redis does not answer, requests get 503 without a further command', async (t) => {
  const { client, state, thaw } = freezableRedis()
  const session = { key: randomBytes(32) }
  // The timers of the package do not keep the process alive, and here no connection does.
  const keepAlive = setInterval(() => undefined, 60_000)
  t.teardown(() => clearInterval(keepAlive))
  const { app } = await guardedApp(t, { session, redis: client, storeTimeout: 50 })
  app.post('/login', async (request) => {
    request.session.set('user', { sub: 'ada' })
    return 'in'
  })
  await app.ready()
  const login = async () => (await app.inject({ method: 'POST', url: '/login' })).statusCode
  t.equal(await login(), 200)

  state.frozen = true
  const before = state.commands
  // A few timeouts in a row are an outage.
  for (let round = 0; round < 5; round++) t.equal(await login(), 503)
  const duringOutage = state.commands
  t.ok(duringOutage - before <= 5)
  const statuses = await Promise.all(Array.from({ length: 100 }, login))
  t.ok(statuses.every((status) => status === 503))
  t.equal(state.commands, duringOutage)

  thaw()
  await until('a login', async () => (await login()) === 200)
  const recovered = await Promise.all(Array.from({ length: 10 }, login))
  t.ok(recovered.every((status) => status === 200))
})

t.test('operators see whether the store of logins answers, and why not', async (t) => {
  const { client, state, thaw } = freezableRedis()
  const keepAlive = setInterval(() => undefined, 60_000)
  t.teardown(() => clearInterval(keepAlive))
  const sections = new Map<string, () => unknown>()
  const app = Fastify()
  t.teardown(() => app.close())
  provide(app, managementPort, {
    section: (name, read) => void sections.set(name, read),
    route: () => undefined
  })
  await app.register(auth, { session: { key: randomBytes(32) }, redis: client, storeTimeout: 50 })
  app.post('/login', async (request) => {
    request.session.set('user', { sub: 'ada' })
    return 'in'
  })
  await app.ready()
  const login = async () => (await app.inject({ method: 'POST', url: '/login' })).statusCode
  const shown = () => sections.get('logins')!()
  t.equal(await login(), 200)
  t.same(shown(), { store: { kind: 'redis', up: true }, session: true, jwt: false })
  state.frozen = true
  await until('an outage', async () => (await login()) === 503 && !isUp(shown()))
  t.match(shown(), { store: { kind: 'redis', up: false, reason: /no answer/ } })
  thaw()
  await until('an answer', async () => (await login()) === 200 && isUp(shown()))
})

const isUp = (section: unknown): boolean => (section as { store: { up: boolean } }).store.up
