// An app that registers @fastify/secure-session with declared keys.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import secureSession, { type Session } from '@fastify/secure-session'
import { auth } from '@seaworthy/auth'

declare module '@fastify/secure-session' {
  interface SessionData {
    cart: string[]
  }
}

const app = Fastify()
app.register(auth, { session: false })
app.register(secureSession, { key: Buffer.alloc(32) })
app.get('/a', async (request) => {
  expectTypeOf(request.session).toEqualTypeOf<Session>()
  expectTypeOf(request.session.get('cart')).toEqualTypeOf<string[] | undefined>()
})
