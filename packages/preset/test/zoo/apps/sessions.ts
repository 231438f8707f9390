import { createRequire } from 'node:module'
import cookie from '@fastify/cookie'
import type { FastifyPluginCallback } from 'fastify'
import { postJson, type ZooApp } from '../zoo-app.ts'

// Its declarations would give every test of the workspace another `request.session`.
const session = createRequire(import.meta.url)('@fastify/session') as FastifyPluginCallback<
  Record<string, unknown>
>

export const sessions: ZooApp = {
  name: '@fastify/session',
  async build(app) {
    await app.register(cookie)
    await app.register(session, {
      secret: 'a secret with minimum length of 32 characters',
      cookie: { secure: false }
    })
    app.get('/', async (request) => {
      const store = request.session as unknown as { visits?: number }
      store.visits = (store.visits ?? 0) + 1
      return { visits: store.visits }
    })
    app.post('/logout', async (request) => {
      await (request.session as unknown as { destroy(): Promise<void> }).destroy()
      return { done: true }
    })
  },
  requests: [{ url: '/', status: 200, has: /"visits":1/ }, postJson('/logout', {}, 200, /done/)]
}
