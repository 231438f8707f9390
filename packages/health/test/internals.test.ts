// Runs the undocumented part of Fastify that this package uses against the installed version.
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { isolateFromHooks } from '../src/internals.ts'
import { health } from '../src/index.ts'

/** An app whose hooks, added before and after the scope, reject all requests. */
async function build(inScope: (scope: FastifyInstance) => void): Promise<FastifyInstance> {
  const app = Fastify()
  const reject = async () => Promise.reject(new Error('rejected'))
  app.addHook('onRequest', reject)
  await app.register(async (scope) => {
    inScope(scope)
    scope.get('/scope', async () => 'scope')
  })
  app.addHook('preHandler', reject)
  app.get('/', async () => 'app')
  return app
}

t.test('a scope is isolated from hooks that are added before and after it', async (t) => {
  const app = await build((scope) => t.equal(isolateFromHooks(scope), true))
  t.teardown(() => app.close())
  t.equal((await app.inject('/scope')).payload, 'scope')
  t.equal((await app.inject('/')).statusCode, 500, 'the other routes have the hooks')
})

t.test('a scope that was not isolated has the hooks', async (t) => {
  const app = await build(() => undefined)
  t.teardown(() => app.close())
  t.equal((await app.inject('/scope')).statusCode, 500)
})

t.test('a Fastify without hooks of a scope is left unchanged', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  t.equal(isolateFromHooks(Object.create(app) as FastifyInstance), false)
})

t.test(
  'a Fastify that does not use the replaced hooks fails the self-test and is left unchanged',
  async (t) => {
    const results: boolean[] = []
    const app = await build((scope) => {
      const key = Object.getOwnPropertySymbols(scope).find(
        ({ description }) => description === 'fastify.hooks'
      )!
      const holder = scope as unknown as Record<symbol, unknown>
      const before = holder[key]
      const { addHook } = scope
      scope.addHook = () => scope
      results.push(isolateFromHooks(scope))
      scope.addHook = addHook
      t.equal(holder[key], before)
    })
    t.teardown(() => app.close())
    t.strictSame(results, [false])
    t.equal((await app.inject('/scope')).statusCode, 500)
  }
)

t.test('probes that cannot be isolated are reported at start and still respond', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => lines.push(line) } } })
  t.teardown(() => app.close())
  app.addHook('onRegister', (scope) => {
    scope.addHook = () => scope
  })
  await app.register(health)

  t.equal((await app.inject('/health/live')).statusCode, 200)
  t.equal(lines.filter((line) => line.includes('health: isolating probes from hooks failed')).length, 1)
})
