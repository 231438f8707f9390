// Type providers stay what they are beside the plugins.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { Type } from 'typebox'
import { z } from 'zod'
import { security } from '@seaworthy/security'

const typebox = Fastify().withTypeProvider<TypeBoxTypeProvider>()
await typebox.register(security)
typebox.post(
  '/orders/:id',
  {
    preHandler: typebox.rateLimit({ max: 5 }),
    config: { rateLimit: { max: 5 } },
    schema: { params: Type.Object({ id: Type.Number() }), body: Type.Object({ name: Type.String() }) }
  },
  async ({ params, body }) => {
    expectTypeOf(params).toEqualTypeOf<{ id: number }>()
    expectTypeOf(body).toEqualTypeOf<{ name: string }>()
    return body.name
  }
)

const zod = Fastify().withTypeProvider<ZodTypeProvider>()
zod.setValidatorCompiler(validatorCompiler)
zod.setSerializerCompiler(serializerCompiler)
await zod.register(security)
zod.get(
  '/orders',
  { onRequest: zod.rateLimit(), schema: { querystring: z.object({ page: z.coerce.number() }) } },
  async ({ query }) => {
    expectTypeOf(query).toEqualTypeOf<{ page: number }>()
    return query.page
  }
)
