import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import jwt from '@fastify/jwt'
import rateLimit from '@fastify/rate-limit'
import { Counter, Registry } from 'prom-client'
import { postJson, type ZooApp } from '../zoo-app.ts'

const ownMetrics = {
  says: /"metrics\.path" must be another path than \/metrics, because the app adds a route there: .*"metrics: false"/,
  write: { observability: { metrics: false } }
} as const

/** Everything that this project does, wired by hand and after other plugins. */
export const handWired: ZooApp = {
  name: 'Wired by hand: helmet, CORS, limits, JWT, metrics, probes',
  async build(app) {
    await app.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'self'"] } } })
    await app.register(cors, { origin: true })
    await app.register(rateLimit, { max: 1000, timeWindow: '1 minute' })
    await app.register(jwt, { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' })
    app.decorate('authenticate', (async (request: { jwtVerify(): Promise<unknown> }) =>
      request.jwtVerify()) as never)
    const registry = new Registry()
    const logins = new Counter({ name: 'logins_total', help: 'Logins.', registers: [registry] })
    app.get('/metrics', async (_request, reply) => reply.type('text/plain').send(await registry.metrics()))
    app.get('/health', async () => ({ status: 'ok' }))
    app.post('/login', async () => {
      logins.inc()
      return { token: app.jwt.sign({ sub: '7', role: 'admin' }) }
    })
    app.get('/me', { onRequest: [app.authenticate] }, async (request) => request.user)
    app.setErrorHandler((error, request, reply) => {
      request.log.error(error)
      reply.send(error)
    })
  },
  stops: { observability: ownMetrics, preset: ownMetrics },
  requests: [
    postJson('/login', { name: 'ada' }, 200, /token/),
    { url: '/me', status: 401, has: /No Authorization/ },
    { url: '/health', status: 200, has: /ok/ },
    { url: '/metrics', status: 200, has: /logins_total/ },
    {
      url: '/health',
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' },
      status: 204
    }
  ]
}
