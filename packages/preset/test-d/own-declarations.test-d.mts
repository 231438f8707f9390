// An app that has these names itself, with the preset in it or a part of it switched off: what it declares stays.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { seaworthy, serverOptions, type Report } from 'fastify-seaworthy'

interface Person {
  id: number
}

declare module 'fastify' {
  interface FastifyInstance {
    authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
    authorize(role: number): string
    auth: { login(name: string): Promise<Person> }
    health: 'good' | 'bad'
    shutdown(): Promise<void>
    metrics: Map<string, number>
    observability: boolean
    resilience: 5
    errors: string[]
  }
  interface FastifyRequest {
    identity: Person
    user: Person | null
    correlationId: number
    deadline: Date
  }
  interface FastifyContextConfig {
    auth?: 'yes' | 'no'
    cors?: 'everywhere'
    rateLimit?: number
    timeout?: string
  }
}

const app = Fastify(serverOptions({ auth: false }))
await app.register(seaworthy, { auth: false, health: false, shutdown: false })
app.decorate('authenticate', async (request) => {
  request.user = { id: 5 }
})
app.decorate('authorize', (role) => `${role}`)
app.decorate('shutdown', async () => {})
app.decorate('health', 'good')
expectTypeOf(app.authorize(5)).toEqualTypeOf<string>()
expectTypeOf(app.auth.login('ada')).toEqualTypeOf<Promise<Person>>()
expectTypeOf(app.health).toEqualTypeOf<'good' | 'bad'>()
expectTypeOf(app.shutdown()).toEqualTypeOf<Promise<void>>()
expectTypeOf(app.metrics).toEqualTypeOf<Map<string, number>>()
expectTypeOf(app.observability).toEqualTypeOf<boolean>()
expectTypeOf(app.resilience).toEqualTypeOf<5>()
expectTypeOf(app.errors).toEqualTypeOf<string[]>()
expectTypeOf(app.seaworthy.report()).toEqualTypeOf<Report>()
app.get(
  '/a',
  { onRequest: app.authenticate, config: { auth: 'yes', cors: 'everywhere', rateLimit: 5, timeout: '5s' } },
  async (request) => {
    expectTypeOf(request.identity).toEqualTypeOf<Person>()
    expectTypeOf(request.user).toEqualTypeOf<Person | null>()
    expectTypeOf(request.correlationId).toEqualTypeOf<number>()
    expectTypeOf(request.deadline).toEqualTypeOf<Date>()
  }
)
// @ts-expect-error the app's own type of it
app.get('/b', { config: { auth: true } }, async () => 1)
// @ts-expect-error the app's own type of it
app.get('/c', { config: { cors: false } }, async () => 1)
