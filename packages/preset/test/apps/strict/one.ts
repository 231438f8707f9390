import { shutdown, shutdownServerOptions, type ShutdownOptions } from '@seaworthy/shutdown'
import Fastify, { type FastifyInstance } from 'fastify'
import { routes } from './routes.ts'

const options: ShutdownOptions = { timeout: 10_000 }
const app: FastifyInstance = Fastify({ ...shutdownServerOptions(), logger: true })
await app.register(shutdown, options)
await app.register(routes)
app.shutdown.onShutdown('the app', async () => app.log.info('closed by the app'))
await app.listen({ port: 0 })
