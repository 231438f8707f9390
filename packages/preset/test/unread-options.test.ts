// Options of routes for a part that is off.
import './parts.ts'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { auth } from '../src/auth.ts'
import { seaworthy, type SeaworthyOptions } from '../src/index.ts'
import { rateLimit } from '../src/security.ts'
import { build, jwt } from './preset-app.ts'

async function warningsOf(t: Test, options: SeaworthyOptions, add: (app: FastifyInstance) => unknown) {
  const { app, lines } = await build(t, options)
  await add(app)
  await app.ready()
  return lines.filter(({ msg }) => String(msg).includes('the part "')).map(({ msg }) => String(msg))
}
const route = (options: object) => (app: FastifyInstance) => app.get('/orders', options, async () => 'orders')

for (const [name, part, options, value] of [
  ['auth', 'auth', { auth: false }, { roles: ['admin'] }],
  ['rateLimit', 'security', { security: false }, { max: 5 }],
  ['concurrency', 'security', { security: false }, { max: 5 }],
  ['cors', 'security', { security: false }, { origin: 'https://a.example' }],
  ['deadline', 'resilience', { resilience: false }, 500]
] as const) {
  t.test(`config.${name} of a route is not silently without effect where the part is off`, async (t) => {
    const off = { auth: false as const, ...options }
    const warnings = await warningsOf(t, off, route({ config: { [name]: value } }))
    t.equal(warnings.length, 1)
    t.ok(
      warnings[0]?.startsWith(
        `seaworthy: the part "${part}" is off, so it does not read "config.${name}" of GET /orders;`
      )
    )
    t.strictSame(await warningsOf(t, off, route({ config: { [name]: false } })), [], 'false is a decision')
  })
}

t.test('a guard that is undefined because the part is off is named', async (t) => {
  const add = (app: FastifyInstance) => route({ onRequest: app.authenticate })(app)
  t.match(await warningsOf(t, { auth: false }, add), [
    /the part "auth" is off, and a hook of GET \/orders is undefined/
  ])
})

t.test('no warning where another plugin, or the part in a scope of the app, reads the option', async (t) => {
  const inScope = (plugin: typeof auth | typeof rateLimit, options: object, config: object) =>
    async function (app: FastifyInstance) {
      await app.register(async (scope) => {
        await scope.register(plugin as typeof auth, options)
        scope.get('/inside', { config }, async () => 'inside')
      })
    }
  t.strictSame(await warningsOf(t, { auth: false }, inScope(auth, { jwt }, { auth: true })), [])
  const limited = inScope(rateLimit, { global: false }, { rateLimit: { max: 5 } })
  t.strictSame(await warningsOf(t, { auth: false, security: false }, limited), [])
})

t.test('without any part that is off, and with routes of the platform, it starts in silence', async (t) => {
  t.strictSame(
    await warningsOf(t, { auth: { jwt } }, route({ config: { auth: true, rateLimit: { max: 5 } } })),
    []
  )
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(seaworthy, { auth: false, security: false, resilience: false, shutdown: false })
  await app.ready()
  t.equal((await app.inject('/health/live')).statusCode, 200)
})
