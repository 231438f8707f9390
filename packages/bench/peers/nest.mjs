// NestJS on its Fastify adapter: nestjs-pino, @nestjs/throttler, @nestjs/jwt, helmet and CORS of Fastify, prom-client.
// Decorators are applied as functions, which is what they compile to.
import 'reflect-metadata'
import { randomUUID } from 'node:crypto'
import fastifyCors from '@fastify/cors'
import fastifyHelmet from '@fastify/helmet'
import { Controller, Get, Module, Param, Res, UnauthorizedException, UseGuards } from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import { JwtModule, JwtService } from '@nestjs/jwt'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler'
import { Logger, LoggerModule } from 'nestjs-pino'
import prometheus from 'prom-client'
import { user } from './app.mjs'

const decorated = (prototype, name, ...decorators) => {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name)
  for (const decorator of decorators.toReversed()) decorator(prototype, name, descriptor)
}

class AuthGuard {
  constructor(jwt) {
    this.jwt = jwt
  }

  async canActivate(context) {
    const request = context.switchToHttp().getRequest()
    try {
      request.user = await this.jwt.verifyAsync(request.headers.authorization?.slice(7) ?? '')
      return true
    } catch {
      throw new UnauthorizedException()
    }
  }
}
Reflect.defineMetadata('design:paramtypes', [JwtService], AuthGuard)

class UsersController {
  async find(id) {
    return user(id)
  }

  async metrics(reply) {
    reply.type('text/plain').send(await prometheus.register.metrics())
  }
}
decorated(UsersController.prototype, 'find', Get('users/:id'), UseGuards(AuthGuard))
Param('id')(UsersController.prototype, 'find', 0)
decorated(UsersController.prototype, 'metrics', Get('metrics'))
Res()(UsersController.prototype, 'metrics', 0)
Controller()(UsersController)

export async function nestStack({ secret }) {
  function AppModule() {}
  Module({
    imports: [
      LoggerModule.forRoot({ forRoutes: ['{*all}'], pinoHttp: { genReqId: (request) => request.id } }),
      ThrottlerModule.forRoot([{ ttl: 60_000, limit: 1_000_000_000 }]),
      JwtModule.register({ secret, verifyOptions: { algorithms: ['HS256'] } })
    ],
    controllers: [UsersController],
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }]
  })(AppModule)

  const genReqId = (request) => request.headers['x-correlation-id'] ?? randomUUID()
  const app = await NestFactory.create(AppModule, new FastifyAdapter({ genReqId }), { bufferLogs: true })
  app.useLogger(app.get(Logger))
  const fastify = app.getHttpAdapter().getInstance()
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-correlation-id', request.id)
    done()
  })
  measure(fastify)
  await app.register(fastifyHelmet)
  await app.register(fastifyCors, { origin: ['https://app.example.com'], credentials: true })
  await app.listen(0, '127.0.0.1')
  return { port: app.getHttpServer().address().port }
}

function measure(fastify) {
  const labelNames = ['method', 'route', 'status_code']
  const duration = new prometheus.Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of requests',
    labelNames
  })
  const total = new prometheus.Counter({ name: 'http_requests_total', help: 'Requests', labelNames })
  fastify.addHook('onResponse', (request, reply, done) => {
    const labels = [request.method, request.routeOptions.url ?? '', reply.statusCode]
    duration.labels(...labels).observe(reply.elapsedTime / 1000)
    total.labels(...labels).inc()
    done()
  })
}
