import swagger from '@fastify/swagger'
import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'
import { routes } from './routes.js'

const app = Fastify(serverOptions())
await app.register(swagger, { openapi: { info: { title: 'Items', version: '1.0.0' } } })
await app.register(seaworthy)
await app.register(routes)
await app.listen({ port: 0 })
