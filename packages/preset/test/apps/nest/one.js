import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { observability, observabilityServerOptions } from '@seaworthy/observability'
import { AppModule } from './module.js'

const app = await NestFactory.create(AppModule, new FastifyAdapter(observabilityServerOptions()))
await app.register(observability)
await app.listen(0)
