import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { ZooApp } from '../zoo-app.ts'

/** The parts of @fastify/vite that its types add to Fastify's, which would be there for all tests. */
interface WithVite {
  vite: { ready(): Promise<void> }
}

/** A page whose scripts Vite serves while a developer writes it. */
export const vite: ZooApp = {
  name: '@fastify/vite in development',
  async build(app) {
    const { default: plugin } = await import('@fastify/vite')
    await app.register(plugin, { root: join(import.meta.dirname, '../vite'), dev: true, spa: true })
    app.get('/', (_request, reply) => (reply as unknown as { html(): unknown }).html())
    app.get('/api/greeting', async () => ({ hello: 'world' }))
    await (app as FastifyInstance & WithVite).vite.ready()
  },
  requests: [
    {
      url: '/',
      status: 200,
      has: /<title>A page of Vite.*\/@vite\/client|\/@vite\/client[^]*A page of Vite/
    },
    { url: '/main.js', status: 200, has: /greeting/ },
    { url: '/greeting.js', status: 200, has: /hello from the client/ },
    { url: '/api/greeting', status: 200, has: /world/ },
    { url: '/api/nothing', status: 404 }
  ]
}
