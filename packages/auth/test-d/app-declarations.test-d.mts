// An app that declares all of these names: its declarations take precedence.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { auth } from '@seaworthy/auth'

interface Person {
  id: number
}

declare module 'fastify' {
  interface FastifyInstance {
    auth: 'app'
    authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
    authorize(role: number): string
    jwt: { issue(person: Person): string }
    parseCookie: 5
  }
  interface FastifyRequest {
    identity: Person
    user: Person | null
    session: Map<string, number>
    cookies: string[]
    jwtVerify: () => number
    signCookie: number
  }
  interface FastifyReply {
    setCookie(cookie: number): void
    jwtSign: boolean
  }
  interface FastifyContextConfig {
    auth?: 'yes' | 'no'
  }
}

const app = Fastify()
app.register(auth, { jwt: false })
app.decorate('authenticate', async (request) => {
  request.user = { id: 5 }
})
app.decorate('authorize', (role) => `${role}`)
app.decorate('auth', 'app')
app.decorateRequest('user', null)
expectTypeOf(app.auth).toEqualTypeOf<'app'>()
expectTypeOf(app.authorize(5)).toEqualTypeOf<string>()
expectTypeOf(app.jwt.issue({ id: 5 })).toEqualTypeOf<string>()
expectTypeOf(app.parseCookie).toEqualTypeOf<5>()
app.get('/a', { onRequest: app.authenticate, config: { auth: 'yes' } }, async (request, reply) => {
  expectTypeOf(request.identity).toEqualTypeOf<Person>()
  expectTypeOf(request.user).toEqualTypeOf<Person | null>()
  expectTypeOf(request.session).toEqualTypeOf<Map<string, number>>()
  expectTypeOf(request.cookies).toEqualTypeOf<string[]>()
  expectTypeOf(request.jwtVerify()).toEqualTypeOf<number>()
  expectTypeOf(request.signCookie).toEqualTypeOf<number>()
  expectTypeOf(reply.setCookie(5)).toEqualTypeOf<void>()
  expectTypeOf(reply.jwtSign).toEqualTypeOf<boolean>()
})
// @ts-expect-error the app declares another type
app.get('/b', { config: { auth: true } }, async () => 1)
