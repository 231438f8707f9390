import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyInstance } from 'fastify'
import {
  health,
  postgresCheck,
  type CheckResult,
  type Health,
  type HealthOptions,
  type HealthReport
} from '@seaworthy/health'

const app = Fastify()
expectTypeOf(app.health).toEqualTypeOf<Health>()
expectTypeOf<FastifyInstance['health']>().toEqualTypeOf<Health>()
expectTypeOf(app.health.status()).toEqualTypeOf<HealthReport>()
expectTypeOf(app.health.hold('migration')).toEqualTypeOf<() => void>()
expectTypeOf(Fastify({ http2: true }).health).toEqualTypeOf<Health>()

await app.register(health)
await app.register(health, { logLevel: 'warn', checks: {} })
await app.register(health, {
  prefix: '/probes',
  checks: {
    database: postgresCheck({ query: async () => ({ rows: [] }) }),
    queue: { check: async (signal) => !signal.aborted, timeout: 500, critical: false }
  },
  startupTasks: { cache: async (signal) => void signal.aborted }
})
app.register(async (scope) => {
  expectTypeOf(scope.health).toEqualTypeOf<Health>()
  scope.health.addCheck('queue', (signal) => !signal.aborted, { interval: 5000, groups: ['queue'] })
})

// @ts-expect-error a misspelt option
const misspelt: HealthOptions = { cheks: {} }
// @ts-expect-error a check is a function
await app.register(health, { checks: { database: 'select 1' } })
// @ts-expect-error no such member
app.health.addChecks('x', () => true)
// @ts-expect-error a misspelt option of a check
app.health.addCheck('x', () => true, { timout: 5 })

app.get('/probe', { config: { operational: 'probe' } }, async () => 'ok')
// @ts-expect-error neither `probe` nor `metrics`
app.get('/prob', { config: { operational: 'prob' } }, async () => 'ok')

const result: CheckResult = { status: 'degraded', detail: { free: 0.1 } }

export { misspelt, result }
