import Fastify from 'fastify'
import { type TypeBoxTypeProvider, Type } from '@fastify/type-provider-typebox'
import { expectTypeOf } from 'expect-type'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
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

const zoded = Fastify({ ...observabilityServerOptions() }).withTypeProvider<ZodTypeProvider>()
zoded.setValidatorCompiler(validatorCompiler)
zoded.setSerializerCompiler(serializerCompiler)
await zoded.register(observability)
zoded.get('/:id', { schema: { params: z.object({ id: z.coerce.number() }) } }, async ({ params }) => {
  expectTypeOf(params.id).toEqualTypeOf<number>()
})
