import swagger from '@fastify/swagger'
import { errors } from '@seaworthy/errors'
import Fastify from 'fastify'
import { routes } from './routes.js'

const app = Fastify({ logger: true })
await app.register(errors)
await app.register(swagger, { openapi: { info: { title: 'Items', version: '1.0.0' } } })
await app.register(routes)
await app.listen({ port: 0 })
