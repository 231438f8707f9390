import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'
import { AppModule } from './module.js'

const app = await NestFactory.create(AppModule, new FastifyAdapter(serverOptions()))
// Nest answers 404 by itself.
await app.register(seaworthy, { errors: { notFound: false } })
await app.listen(0)
