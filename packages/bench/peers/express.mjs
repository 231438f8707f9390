/* oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 awaits its handlers */
// Express 5 with what its users reach for: pino-http, helmet, cors, express-rate-limit, jsonwebtoken, prom-client.
import { randomUUID } from 'node:crypto'
import cors from 'cors'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import jsonwebtoken from 'jsonwebtoken'
import { pinoHttp } from 'pino-http'
import prometheus from 'prom-client'
import { user } from './app.mjs'

function measured() {
  const labelNames = ['method', 'route', 'status_code']
  const duration = new prometheus.Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of requests',
    labelNames
  })
  const total = new prometheus.Counter({ name: 'http_requests_total', help: 'Requests', labelNames })
  return (request, response, next) => {
    const start = performance.now()
    response.once('finish', () => {
      const labels = [request.method, request.route?.path ?? '', response.statusCode]
      duration.labels(...labels).observe((performance.now() - start) / 1000)
      total.labels(...labels).inc()
    })
    next()
  }
}

function ids(request, response) {
  const id = request.headers['x-correlation-id'] ?? randomUUID()
  response.setHeader('x-correlation-id', id)
  return id
}

const authenticate = (secret) => (request, response, next) => {
  try {
    request.user = jsonwebtoken.verify(request.headers.authorization?.slice(7) ?? '', secret, {
      algorithms: ['HS256']
    })
    next()
  } catch {
    response.status(401).json({ error: 'Unauthorized' })
  }
}

export async function expressStack({ secret }) {
  const app = express()
  app.use(pinoHttp({ genReqId: ids }))
  app.use(measured())
  app.use(helmet())
  app.use(cors({ origin: ['https://app.example.com'], credentials: true }))
  app.use(rateLimit({ windowMs: 60_000, limit: 1_000_000_000, legacyHeaders: true }))
  app.get('/metrics', async (request, response) => {
    response.type('text/plain').send(await prometheus.register.metrics())
  })
  app.get('/users/:id', authenticate(secret), async (request, response) => {
    response.json(user(request.params.id))
  })
  return listening(app)
}

/** pino-http alone on node:http: what one line costs elsewhere. */
export async function pinoHttpAlone() {
  const { createServer } = await import('node:http')
  const log = pinoHttp()
  return listening(
    createServer((request, response) => {
      log(request, response)
      response.setHeader('content-type', 'application/json; charset=utf-8')
      response.end(JSON.stringify(user('42')))
    })
  )
}

async function listening(app) {
  const server = await new Promise((resolve) => {
    const started = app.listen(0, '127.0.0.1', () => resolve(started))
  })
  return { port: server.address().port }
}
