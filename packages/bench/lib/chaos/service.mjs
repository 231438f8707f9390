// The service under chaos: a cluster of two workers with the preset, Redis, PostgreSQL and an upstream.
import cluster from 'node:cluster'
import { randomBytes } from 'node:crypto'

const { CHAOS_PORTS, CHAOS_KEY = randomBytes(32).toString('base64') } = process.env
const ports = JSON.parse(CHAOS_PORTS)

if (cluster.isPrimary) startWorkers()
else await serve()

/** Starts two workers, and another one for each that ends. The first one is never killed: its memory is watched. */
function startWorkers() {
  const start = (name) => {
    const worker = cluster.fork({ CHAOS_KEY })
    worker.on('listening', () => process.send({ listening: name, pid: worker.process.pid }))
    worker.on('message', (message) => process.send(message))
    worker.once('exit', () => start(name))
    workers.set(name, worker)
  }
  const workers = new Map()
  for (const name of ['watched', 'killed']) start(name)
  process.on('message', (question) => workers.get('watched').send(question))
  // The benchmark may be stopped at any moment: then no process may stay behind.
  process.once('disconnect', () => {
    for (const worker of workers.values()) worker.process.kill('SIGKILL')
    process.exit()
  })
}

async function serve() {
  const { default: Fastify } = await import('fastify')
  const { default: pg } = await import('pg')
  const { seaworthy, serverOptions } = await import('fastify-seaworthy')
  const limits = { max: 1_000_000_000, timeWindow: '1 minute' }
  const options = {
    redis: { host: '127.0.0.1', port: ports.redis },
    security: { rateLimit: limits },
    auth: { session: { key: Buffer.from(CHAOS_KEY, 'base64'), cookie: { secure: false } }, csrf: false },
    resilience: {
      policies: { quick: { timeout: 1000, totalTimeout: 2000, resetTimeout: 1000, retry: true } }
    },
    // A worker is killed by the chaos alone.
    shutdown: { fatal: false }
  }
  const app = Fastify(serverOptions(options))
  await app.register(seaworthy, options)

  const pool = new pg.Pool({
    host: '127.0.0.1',
    port: ports.postgres,
    user: 'postgres',
    max: 5,
    connectionTimeoutMillis: 1000,
    query_timeout: 1000
  })
  pool.on('error', () => undefined)
  app.shutdown.onShutdown('database', () => pool.end())
  const query = app.resilience.breaker(
    'database',
    async () => (await pool.query('select 1 as one')).rows[0],
    { timeout: 1500, resetTimeout: 1000 }
  )
  app.health.addCheck('database', () => pool.query('select 1'), { critical: false })

  app.get('/', async () => 'fine')
  app.get('/database', (request) => query.call(request))
  app.get('/upstream', async (request) => {
    const response = await app.resilience.fetch(request, `http://127.0.0.1:${ports.upstream}/`, {
      policy: 'quick'
    })
    return response.text()
  })
  app.get('/session', async ({ session }) => {
    session.set('at', Date.now())
    return 'kept'
  })
  process.on('message', () => {
    globalThis.gc()
    globalThis.gc()
    process.send({ memory: process.memoryUsage().heapUsed })
  })
  await app.listen({ port: ports.service, host: '127.0.0.1' })
}
