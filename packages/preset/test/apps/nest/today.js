import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { AppModule } from './module.js'

const app = await NestFactory.create(AppModule, new FastifyAdapter({ logger: true }))
await app.listen(0)
