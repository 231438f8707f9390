// Even the preset's own name may be the app's.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { seaworthy } from 'fastify-seaworthy'

declare module 'fastify' {
  interface FastifyInstance {
    seaworthy: 'a boat'
  }
}

const app = Fastify()
await app.register(seaworthy)
expectTypeOf(app.seaworthy).toEqualTypeOf<'a boat'>()
