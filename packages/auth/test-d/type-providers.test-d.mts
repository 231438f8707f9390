// The types of a route's input are those of its type provider.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { auth, type AuthUser } from '@seaworthy/auth'

const app = Fastify()
await app.register(auth, {})

const typebox = app.withTypeProvider<TypeBoxTypeProvider>()
typebox.post(
  '/typebox',
  {
    onRequest: typebox.authenticate,
    preHandler: [typebox.authorize('admin')],
    config: { auth: { roles: 'admin' } },
    schema: { body: Type.Object({ count: Type.Number() }) }
  },
  async (request) => {
    expectTypeOf(request.body).toEqualTypeOf<{ count: number }>()
    expectTypeOf(request.user).toEqualTypeOf<AuthUser>()
    return app.auth.csrfToken(request)
  }
)

const zod = app.withTypeProvider<ZodTypeProvider>()
zod.post(
  '/zod',
  { onRequest: zod.authenticate, config: { auth: true }, schema: { body: z.object({ count: z.number() }) } },
  async (request) => {
    expectTypeOf(request.body).toEqualTypeOf<{ count: number }>()
    expectTypeOf(request.user).toEqualTypeOf<AuthUser>()
  }
)
