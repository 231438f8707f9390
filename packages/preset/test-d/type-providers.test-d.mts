// Routes with a type provider: handlers have the types of their schemas.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'
import { Type, TypeBoxValidatorCompiler, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { pino } from 'pino'
import { z } from 'zod'

const typebox = Fastify(serverOptions())
  .setValidatorCompiler(TypeBoxValidatorCompiler)
  .withTypeProvider<TypeBoxTypeProvider>()
await typebox.register(seaworthy)
typebox.post(
  '/',
  {
    schema: { body: Type.Object({ age: Type.Integer() }), querystring: Type.Object({ deep: Type.Boolean() }) }
  },
  async ({ body, query }) => {
    expectTypeOf(body).toEqualTypeOf<{ age: number }>()
    expectTypeOf(query.deep).toEqualTypeOf<boolean>()
  }
)
expectTypeOf(typebox.seaworthy.report().missing).toEqualTypeOf<string[]>()

const zod = Fastify(serverOptions({}, { http2: true, loggerInstance: pino({ customLevels: { audit: 35 } }) }))
  .setValidatorCompiler(validatorCompiler)
  .setSerializerCompiler(serializerCompiler)
  .withTypeProvider<ZodTypeProvider>()
await zod.register(seaworthy, { auth: { jwt: { secret: 'x' } } })
zod.post(
  '/',
  { config: { auth: true }, schema: { body: z.object({ age: z.number() }) } },
  async ({ body, log }) => {
    expectTypeOf(body).toEqualTypeOf<{ age: number }>()
    log.audit('posted')
  }
)
