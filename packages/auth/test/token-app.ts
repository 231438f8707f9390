import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { bearer, secret } from './helpers.ts'

/** An app with guarded routes that count their runs, and an async hook between a rejection and its response. */
export async function tokenApp(t: Test, options: AuthOptions = {}) {
  const app: FastifyInstance = Fastify()
  t.teardown(() => app.close())
  app.addHook('onSend', async (_request, _reply, payload) => payload)
  await app.register(auth, { jwt: { secret }, ...options })
  const ran = { count: 0 }
  const run = async (request: { user: unknown }) => {
    ran.count++
    return request.user
  }
  app.get('/me', { onRequest: [app.authenticate] }, run)
  app.delete('/users/:id', { onRequest: [app.authorize('admin')] }, run)
  app.get('/reports', { config: { auth: { scopes: ['reports:read'] } } }, run)
  app.get('/open', { config: { auth: false } }, async () => 'open')
  await app.ready()
  const ask = (url: string, token?: string, method: 'GET' | 'DELETE' = 'GET') =>
    app.inject({ method, url, headers: token === undefined ? {} : bearer(token) })
  return { app, ran, ask }
}
