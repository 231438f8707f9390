import Fastify, { type FastifyTypeProvider } from 'fastify'
import { type TypeBoxTypeProvider, Type } from '@fastify/type-provider-typebox'
import { expectTypeOf } from 'expect-type'
import { z } from 'zod'
import { observability, observabilityServerOptions } from '@seaworthy/observability'

const boxed = Fastify({ ...observabilityServerOptions() }).withTypeProvider<TypeBoxTypeProvider>()
await boxed.register(observability)
boxed.get(
  '/:id',
  { schema: { params: Type.Object({ id: Type.Number() }) }, config: { observability: { objective: 50 } } },
  async ({ params }) => {
    expectTypeOf(params.id).toEqualTypeOf<number>()
  }
)

// As fastify-type-provider-zod has it, whose own declarations need a newer TypeScript than the oldest one here.
interface ZodTypeProvider extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown
  serializer: this['schema'] extends z.ZodType ? z.input<this['schema']> : unknown
}
const zoded = Fastify({ ...observabilityServerOptions() }).withTypeProvider<ZodTypeProvider>()
await zoded.register(observability)
zoded.get('/:id', { schema: { params: z.object({ id: z.coerce.number() }) } }, async ({ params }) => {
  expectTypeOf(params.id).toEqualTypeOf<number>()
})
