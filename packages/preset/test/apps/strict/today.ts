import Fastify, { type FastifyInstance } from 'fastify'
import { routes } from './routes.ts'

const app: FastifyInstance = Fastify({ logger: true })
await app.register(routes)
await app.listen({ port: 0 })
