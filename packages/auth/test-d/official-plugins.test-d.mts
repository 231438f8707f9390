// An app with the official plugins beside ours: their types take precedence.
import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import fastifyAuth from '@fastify/auth'
import cookie, { type CookieSerializeOptions, type UnsignResult } from '@fastify/cookie'
import jwt, { type JWT } from '@fastify/jwt'
import session, { type FastifySessionObject } from '@fastify/session'
import { auth } from '@seaworthy/auth'

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: { id: number }
    user: { id: number; name: string }
  }
}

const app = Fastify()
app.register(auth, { session: false })
app.register(fastifyAuth)
app.register(cookie, { secret: 'x' })
app.register(jwt, { secret: 'x' })
app.register(session, { secret: 'x' })
expectTypeOf(app.jwt).toEqualTypeOf<JWT>()
const options: CookieSerializeOptions = { path: '/' }
app.get(
  '/a',
  { preHandler: app.auth([(_request, _reply, done) => done()]), config: { auth: true } },
  async (request, reply) => {
    expectTypeOf(request.user).toEqualTypeOf<{ id: number; name: string }>()
    expectTypeOf(request.session).toEqualTypeOf<FastifySessionObject>()
    expectTypeOf(request.unsignCookie('a')).toEqualTypeOf<UnsignResult>()
    expectTypeOf(request.cookies).toEqualTypeOf<{ [name: string]: string | undefined }>()
    expectTypeOf(await reply.jwtSign({ id: 5 })).toEqualTypeOf<string>()
    return reply.setCookie('a', 'b', options)
  }
)
const hook = async (request: FastifyRequest, reply: FastifyReply): Promise<void> =>
  app.authenticate(request, reply)
app.addHook('onRequest', hook)
