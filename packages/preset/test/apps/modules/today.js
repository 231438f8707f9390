import Fastify from 'fastify'
import { routes } from './routes.js'

const app = Fastify({ logger: true })
app.register(routes)
await app.listen({ port: 0 })
