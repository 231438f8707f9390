// Hono on node-server with its own middleware (headers, CORS, JWT, ids), hono-pino, hono-rate-limiter, @hono/prometheus.
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { prometheus } from '@hono/prometheus'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { jwt } from 'hono/jwt'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { pinoLogger } from 'hono-pino'
import { rateLimiter } from 'hono-rate-limiter'
import { pino } from 'pino'
import { user } from './app.mjs'

export async function honoStack({ secret }) {
  const { printMetrics, registerMetrics } = prometheus()
  const app = new Hono()
  app.use(requestId({ headerName: 'x-correlation-id' }))
  app.use(pinoLogger({ pino: pino() }))
  app.use(registerMetrics)
  app.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'self'"] } }))
  app.use(cors({ origin: ['https://app.example.com'], credentials: true }))
  app.use(
    rateLimiter({
      windowMs: 60_000,
      limit: 1_000_000_000,
      keyGenerator: (context) => getConnInfo(context).remote.address ?? ''
    })
  )
  app.get('/metrics', printMetrics)
  app.get('/users/:id', jwt({ secret, alg: 'HS256' }), async (context) =>
    context.json(user(context.req.param('id')))
  )
  return new Promise((resolve) => {
    serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve({ port }))
  })
}
