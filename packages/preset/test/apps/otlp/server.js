// Pushes its lines to the collector that the environment names.
import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'

const options = { security: false, auth: false, shutdown: { drainDelay: 0 } }
const app = Fastify(serverOptions(options))
await app.register(seaworthy, options)
app.get('/', async () => 'ok')
app.get('/crash', async () => setImmediate(() => Promise.reject(new Error('a bug'))))
await app.listen({ port: 0, host: '127.0.0.1' })
