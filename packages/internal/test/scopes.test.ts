import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { rootOf, scopesOf, sharedInApp } from '../src/index.ts'

const shared = (app: FastifyInstance) => sharedInApp(app, 'test.shared.v1', () => ({}))

t.test('the scopes of an instance end at its root', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  t.same([...scopesOf(app)].length, 1)
  await app.register(async (outer) => {
    await outer.register(async (inner) => {
      t.strictSame([...scopesOf(inner)].length, 3)
      t.equal(rootOf(inner), app)
    })
  })
})

t.test('all scopes of an app share a value, also beside each other', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const found: object[] = []
  for (let scopes = 0; scopes < 2; scopes++) app.register(async (scope) => void found.push(shared(scope)))
  await app.ready()
  t.equal(found.length, 2)
  for (const value of found) t.equal(value, shared(app))
})

t.test('two apps share nothing, not even on one server', async (t) => {
  const one = Fastify()
  const two = Fastify({ serverFactory: () => one.server })
  t.teardown(() => one.close())
  t.equal(one.server, two.server)
  t.not(shared(one), shared(two))
})
