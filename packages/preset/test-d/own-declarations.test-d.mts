// An app that takes only the preset, and has members of the parts' names itself.
import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyRequest } from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'

declare module 'fastify' {
  interface FastifyInstance {
    authenticate: (request: FastifyRequest) => Promise<number>
    auth: { mine: true }
    health: string
    shutdown: (signal: string) => void
    seaworthy: 'mine'
  }
  interface FastifyRequest {
    identity: { tenant: string }
  }
}

const app = Fastify(serverOptions({ auth: false }))
await app.register(seaworthy, { auth: false })
expectTypeOf(app.health).toEqualTypeOf<string>()
expectTypeOf(app.auth.mine).toEqualTypeOf<true>()
expectTypeOf(app.seaworthy).toEqualTypeOf<'mine'>()
app.get('/', { onRequest: app.authenticate }, async (request) => request.identity.tenant)
