import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'
import { routes } from './routes.js'

const app = Fastify(serverOptions())
await app.register(seaworthy)
app.register(routes)
await app.listen({ port: 0 })
