// The production-readiness recipe as it is usually wired by hand, and its parts one by one. Left as written, faults
// included, with what the load needs: a limit that is never reached and no allow list (the load comes from
// loopback, which the recipe lets through uncounted).
import { createRequire } from 'node:module'
import { fastify, withRoute } from './app.mjs'
import { withManyRoutes } from './scraped.mjs'

const require = createRequire(import.meta.url)

const logging = {
  logger: {
    level: 'info',
    serializers: {
      req(request) {
        return {
          method: request.method,
          url: request.url,
          headers: request.headers,
          hostname: request.hostname,
          remoteAddress: request.ip,
          remotePort: request.socket.remotePort
        }
      },
      res(reply) {
        return { statusCode: reply.statusCode }
      }
    }
  }
}

function correlationIds(app) {
  const { v4: uuidv4 } = require('uuid')
  app.addHook('onRequest', async (request, reply) => {
    request.id = request.headers['x-correlation-id'] || uuidv4()
    reply.header('x-correlation-id', request.id)
    request.log = request.log.child({ correlationId: request.id })
  })
}

function durations(app) {
  app.addHook('onRequest', async (request) => {
    request.startTime = Date.now()
  })
  app.addHook('onResponse', async (request, reply) => {
    const duration = Date.now() - request.startTime
    request.log.info(
      {
        method: request.method,
        url: request.url,
        statusCode: reply.statusCode,
        duration,
        correlationId: request.id
      },
      'Request completed'
    )
    if (duration > 1000) {
      request.log.warn({ msg: 'Slow request detected', duration, url: request.url })
    }
  })
}

function metrics(app) {
  const client = require('prom-client')
  const labelNames = ['method', 'route', 'status_code']
  const httpRequestDuration = new client.Histogram({
    name: 'http_request_duration_ms',
    help: 'Duration of HTTP requests in ms',
    labelNames,
    buckets: [10, 50, 100, 200, 500, 1000, 2000, 5000]
  })
  const httpRequestTotal = new client.Counter({
    name: 'http_requests_total',
    help: 'Total number of HTTP requests',
    labelNames
  })
  const activeConnections = new client.Gauge({
    name: 'active_connections',
    help: 'Number of active connections'
  })
  app.addHook('onRequest', async (request) => {
    request.startTime = Date.now()
    activeConnections.inc()
  })
  app.addHook('onResponse', async (request, reply) => {
    const duration = Date.now() - request.startTime
    const route = request.routeOptions?.url || request.url
    httpRequestDuration.labels(request.method, route, reply.statusCode).observe(duration)
    httpRequestTotal.labels(request.method, route, reply.statusCode).inc()
    activeConnections.dec()
  })
  app.get('/metrics', async (request, reply) => {
    reply.type('text/plain')
    return client.register.metrics()
  })
}

function probes(app) {
  app.get('/health/live', async () => ({ status: 'ok' }))
  app.get('/health/ready', async () => ({ status: 'ready', checks: {} }))
}

const helmet = (app) =>
  app.register(require('@fastify/helmet'), {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        scriptSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'https:']
      }
    },
    hsts: { maxAge: 31_536_000, includeSubDomains: true, preload: true }
  })

const cors = (app) =>
  app.register(require('@fastify/cors'), {
    origin: (origin, callback) => {
      const allowedOrigins = ['https://app.example.com', 'https://admin.example.com']
      if (!origin || allowedOrigins.includes(origin)) callback(null, true)
      else callback(new Error('Not allowed by CORS'))
    },
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowedHeaders: ['Content-Type', 'Authorization'],
    exposedHeaders: ['X-Total-Count'],
    maxAge: 86_400
  })

const limit = (app, more = {}) =>
  app.register(require('@fastify/rate-limit'), {
    max: 1_000_000_000,
    timeWindow: '1 minute',
    cache: 10_000,
    skipOnError: true,
    keyGenerator: (request) => request.user?.id || request.ip,
    errorResponseBuilder: (request, context) => ({
      statusCode: 429,
      error: 'Too Many Requests',
      message: `Rate limit exceeded, retry in ${context.after}`,
      retryAfter: context.after
    }),
    ...more
  })

async function jwt(app, { secret }) {
  await app.register(require('@fastify/jwt'), { secret, sign: { expiresIn: '1h' } })
  app.decorate('authenticate', async (request, reply) => {
    try {
      await request.jwtVerify()
    } catch {
      reply.code(401).send({ error: 'Unauthorized' })
    }
  })
  return { onRequest: [app.authenticate] }
}

function errorHandler(app) {
  app.setErrorHandler((error, request, reply) => {
    request.log.error({ err: error, url: request.url, correlationId: request.id }, 'Request error')
    const statusCode = error.statusCode || 500
    reply.status(statusCode).send({ statusCode, error: 'Error', correlationId: request.id })
  })
}

/** Everything on. */
export async function recipe(tokens) {
  const app = fastify(logging)
  correlationIds(app)
  durations(app)
  metrics(app)
  probes(app)
  await helmet(app)
  await limit(app)
  await cors(app)
  const secured = await jwt(app, tokens)
  errorHandler(app)
  return withRoute(app, secured)
}

/** One part on an app without a logger. */
const alone = (part) => async (tokens) => {
  const app = fastify()
  const route = await part(app, tokens)
  return withRoute(app, route?.onRequest ? route : {})
}

export const serializers = async () => withRoute(fastify(logging))

export async function ids() {
  const app = fastify({ logger: true })
  correlationIds(app)
  return withRoute(app)
}

export async function duration() {
  const app = fastify({ logger: true })
  durations(app)
  return withRoute(app)
}

/** Logging with serializers, ids, durations and metrics: what an observability plugin stands for. */
export async function observability() {
  const app = fastify(logging)
  correlationIds(app)
  durations(app)
  metrics(app)
  return withRoute(app)
}

/** An error of the route's that the recipe's handler logs and answers. */
export async function thrown() {
  const app = fastify({ logger: true })
  errorHandler(app)
  app.get('/gone', async () => {
    throw Object.assign(new Error('User not found'), { statusCode: 404 })
  })
  return withRoute(app)
}

export const metricsAlone = alone(metrics)
export const helmetAlone = alone(helmet)
export const corsAlone = alone(cors)
export const limitAlone = alone(limit)
export const jwtAlone = alone(jwt)

export async function limitRedis(tokens) {
  const { Redis } = require('ioredis')
  const redis = new Redis(process.env.BENCH_REDIS)
  return alone((app) => limit(app, { redis }))(tokens)
}

/** Many routes, for the cost of a scrape. */
export async function manyRoutes() {
  const app = fastify()
  metrics(app)
  return withManyRoutes(app)
}
