import { errors, errorsServerOptions } from '@seaworthy/errors'
import Fastify from 'fastify'
import { routes } from './routes.js'

const app = Fastify({ ...errorsServerOptions(), logger: true })
await app.register(errors)
app.register(routes)
await app.listen({ port: 0 })
