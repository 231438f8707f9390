import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { cookieOf } from './helpers.ts'

const key = randomBytes(32)

export type Change = (request: FastifyRequest, app: FastifyInstance) => unknown

/** An app with sessions, whose route `/change` runs a function of the test with the session of a login. */
export async function sessionApp(t: Test, options: AuthOptions = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { session: { key }, storeTimeout: 5000, ...options })
  let change: Change = () => undefined
  app.post('/login', async ({ session, body }) => {
    session.set('user', body)
    return 'in'
  })
  app.post('/change', async (request) => {
    await change(request, app)
    return 'done'
  })
  app.get('/me', { config: { auth: true } }, async ({ identity }) => identity?.subject ?? 'none')
  await app.ready()
  const post = async (url: string, headers: Record<string, string>, payload: object = {}) => {
    const response = await app.inject({ method: 'POST', url, payload, headers })
    return { status: response.statusCode, cookie: cookieOf(response.headers) }
  }
  return {
    app,
    sessions: app.auth.sessions,
    login: async (id = 'ada', headers: Record<string, string> = {}) =>
      (await post('/login', headers, { id })).cookie,
    me: async (cookie: string) => (await app.inject({ url: '/me', headers: { cookie } })).statusCode,
    send: async (cookie: string, run: Change) => {
      change = run
      return post('/change', { cookie })
    }
  }
}
