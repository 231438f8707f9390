// A service in another process: `startServices` in service-processes.ts starts it. Its options are in the environment.
import Fastify, { type FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import { auth, type AuthOptions, type Revocable } from '../src/index.ts'

const options = JSON.parse(process.env.AUTH_OPTIONS ?? '{}') as AuthOptions
const redis = new Redis({ host: '127.0.0.1', port: Number(process.env.REDIS_PORT) })
redis.on('error', () => undefined)

const app: FastifyInstance = Fastify({ logger: true })
app.addHook('onSend', async (_request, _reply, payload) => payload)
await app.register(auth, { ...options, redis })
let runs = 0
const count = (): void => void runs++
app.get('/me', { onRequest: app.authenticate }, async ({ user }) => (count(), user))
app.get('/runs', async () => ({ runs }))
app.post('/issue', async ({ body }) => app.auth.issueTokens(body as Record<string, unknown>))
app.post('/refresh', async ({ body }) => app.auth.refresh((body as { token: string }).token))
app.post('/revoke', async ({ body }) => {
  await app.auth.revoke(body as Revocable)
  return {}
})
app.post('/login', async (request) => {
  request.session.set('user', request.body)
  return {}
})
app.get('/sessions/:user', async ({ params }) => app.auth.sessions.list((params as { user: string }).user))
process.once('SIGTERM', () => void app.close().then(() => redis.disconnect()))
await app.listen({ port: 0, host: '127.0.0.1' })
