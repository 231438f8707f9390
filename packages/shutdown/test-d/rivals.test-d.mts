// An app that decorates `shutdown` and `waitUntil` itself.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { shutdown } from '@seaworthy/shutdown'

declare module 'fastify' {
  interface FastifyInstance {
    shutdown: (signal: string) => void
  }
  interface FastifyRequest {
    waitUntil: (milliseconds: number) => number
  }
}

const app = Fastify()
await app.register(shutdown)
expectTypeOf(app.shutdown).toEqualTypeOf<(signal: string) => void>()
app.get('/', async (request) => {
  expectTypeOf(request.waitUntil).toEqualTypeOf<(milliseconds: number) => number>()
})
