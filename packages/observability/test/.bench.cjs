const Fastify = require('fastify')
const V = process.env.V
const route = (app) =>
  app.get(
    '/users/:id',
    {
      schema: {
        response: {
          200: { type: 'object', properties: { id: { type: 'string' }, name: { type: 'string' } } }
        }
      }
    },
    async (request) => ({ id: request.params.id, name: 'x' })
  )
const recipe = (app, parts) => {
  const { randomUUID } = require('node:crypto')
  if (parts.includes('ids'))
    app.addHook('onRequest', async (request, reply) => {
      request.id = request.headers['x-correlation-id'] || randomUUID()
      reply.header('x-correlation-id', request.id)
      request.log = request.log.child({ correlationId: request.id })
    })
  if (parts.includes('duration')) {
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
    })
  }
  if (parts.includes('metrics')) {
    const client = require('prom-client')
    const h = new client.Histogram({
      name: 'http_request_duration_ms',
      help: 'x',
      labelNames: ['method', 'route', 'status_code'],
      buckets: [10, 50, 100, 200, 500, 1000, 2000, 5000]
    })
    const c = new client.Counter({
      name: 'http_requests_total',
      help: 'x',
      labelNames: ['method', 'route', 'status_code']
    })
    const g = new client.Gauge({ name: 'active_connections', help: 'x' })
    app.addHook('onRequest', async (request) => {
      request.startTime = Date.now()
      g.inc()
    })
    app.addHook('onResponse', async (request, reply) => {
      const duration = Date.now() - request.startTime
      const r = request.routeOptions?.url || request.url
      h.labels(request.method, r, reply.statusCode).observe(duration)
      c.labels(request.method, r, reply.statusCode).inc()
      g.dec()
    })
  }
}
const serializers = {
  req: (request) => ({
    method: request.method,
    url: request.url,
    headers: request.headers,
    hostname: request.hostname,
    remoteAddress: request.ip,
    remotePort: request.socket.remotePort
  }),
  res: (reply) => ({ statusCode: reply.statusCode })
}
async function main() {
  let app
  const ours = V.startsWith('ours') && require('/work/main/packages/observability/dist/index.cjs')
  if (V === 'bare') app = Fastify()
  if (V === 'default') app = Fastify({ logger: true })
  if (V === 'recipe') {
    app = Fastify({ logger: { level: 'info', serializers } })
    recipe(app, ['ids', 'duration', 'metrics'])
  }
  if (V === 'recipemetrics') {
    app = Fastify()
    recipe(app, ['metrics'])
  }
  if (V === 'ours') {
    app = Fastify({ ...ours.observabilityServerOptions() })
    await app.register(ours)
  }
  if (V === 'ourscontext') {
    app = Fastify({ ...ours.observabilityServerOptions({ correlation: { context: true } }) })
    await app.register(ours, {})
  }
  if (V === 'oursmetrics') {
    app = Fastify({ genReqId: undefined })
    await app.register(ours, { logging: false })
  }
  route(app)
  await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
  process.stderr.write('up\n')
}
main()
