// An app that decorates `shutdown` itself.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { shutdown } from '@seaworthy/shutdown'

declare module 'fastify' {
  interface FastifyInstance {
    shutdown: (signal: string) => void
  }
}

const app = Fastify()
await app.register(shutdown)
expectTypeOf(app.shutdown).toEqualTypeOf<(signal: string) => void>()
