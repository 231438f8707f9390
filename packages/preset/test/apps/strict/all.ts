import Fastify, { type FastifyInstance } from 'fastify'
import { seaworthy, serverOptions, type SeaworthyOptions } from 'fastify-seaworthy'
import { routes } from './routes.ts'

const options: SeaworthyOptions = { auth: false, shutdown: { timeout: 10_000 } }
const app: FastifyInstance = Fastify(serverOptions(options))
await app.register(seaworthy, options)
await app.register(routes)
app.shutdown.onShutdown('the app', async () => app.log.info('closed by the app'))
await app.listen({ port: 0 })
