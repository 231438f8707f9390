// An app gives the user of its tokens more members, through the preset's subpath.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'
import type { AuthUser, Identity } from 'fastify-seaworthy/auth'

declare module 'fastify-seaworthy/auth' {
  interface AuthUser {
    email: string
  }
}

const app = Fastify(serverOptions())
await app.register(seaworthy, { auth: { jwt: { secret: 'x' } } })
app.get('/me', { config: { auth: true } }, async (request) => {
  expectTypeOf(request.user).toEqualTypeOf<AuthUser>()
  expectTypeOf(request.user.email).toEqualTypeOf<string>()
  expectTypeOf(request.user.sub).toEqualTypeOf<string>()
  expectTypeOf(request.identity).toEqualTypeOf<Identity | null>()
  expectTypeOf((await request.jwtVerify()).email).toEqualTypeOf<string>()
  // @ts-expect-error of another type
  const email: number = request.user.email
  return email
})
