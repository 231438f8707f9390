import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
// @ts-expect-error -- JavaScript without types
import { AppModule } from '../../apps/nest/module.js'
import type { ZooApp } from '../zoo-app.ts'

export const nest: ZooApp = {
  name: 'NestJS',
  async build(app) {
    const made = await NestFactory.create(AppModule as never, new FastifyAdapter(app as never), {
      logger: false
    })
    await made.init()
  },
  requests: [
    { url: '/cats/Tom', status: 200, has: /Tom/ },
    { url: '/cats/unknown', status: 404, has: /no such cat/ },
    { url: '/dogs', status: 404, has: /Cannot GET \/dogs/ }
  ]
}
