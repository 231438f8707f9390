// An app whose limits are in Redis, for the tests to start twice: `node limited-app.ts <redis's port> <max>`.
import Fastify from 'fastify'
import { rateLimit } from '../src/index.ts'

const [port, max] = process.argv.slice(2).map(Number)
const app = Fastify({ logger: { level: 'info' } })
const ok = async () => 'ok'

await app.register(rateLimit, {
  max: 1_000_000,
  redis: { host: '127.0.0.1', port, retryStrategy: () => 50 },
  user: { max: 1_000_000, keyGenerator: () => 'somebody' }
})
app.get('/exact', { config: { rateLimit: { max: max ?? 100, timeWindow: '1 hour' } } }, ok)
app.get('/local', { config: { rateLimit: { max: 1_000_000, onStoreError: 'local', user: false } } }, ok)
app.get('/open', { config: { rateLimit: { max: 1_000_000, onStoreError: 'open', user: false } } }, ok)
app.get('/closed', { config: { rateLimit: { max: 1_000_000, onStoreError: 'closed', user: false } } }, ok)
app.get(
  '/strict',
  { config: { rateLimit: { max: 3, timeWindow: '1 hour', onStoreError: 'local', user: false } } },
  ok
)
app.get('/store', { config: { rateLimit: false } }, async () => app.security.store?.())
await app.listen({ port: 0, host: '127.0.0.1' })
