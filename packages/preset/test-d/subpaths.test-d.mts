// Every part through the preset, which is all that the app has installed.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { seaworthy, type Report } from 'fastify-seaworthy'
import { apm } from 'fastify-seaworthy/apm'
import auth, { type AuthUser } from 'fastify-seaworthy/auth'
import errors, { isAppError, NotFoundError } from 'fastify-seaworthy/errors'
import health, { redisCheck } from 'fastify-seaworthy/health'
import observability from 'fastify-seaworthy/observability'
import resilience from 'fastify-seaworthy/resilience'
import security, { cors } from 'fastify-seaworthy/security'
import shutdown, { preflight } from 'fastify-seaworthy/shutdown'

declare module 'fastify-seaworthy/auth' {
  interface AuthUser {
    tenant: string
  }
}

const app = Fastify()
await app.register(seaworthy)
expectTypeOf(app.seaworthy.report()).toEqualTypeOf<Report>()
expectTypeOf<AuthUser['tenant']>().toEqualTypeOf<string>()
app.get('/', { onRequest: app.authenticate }, async (request) => {
  expectTypeOf(request.identity?.user?.tenant).toEqualTypeOf<string | undefined>()
  throw new NotFoundError('User')
})

for (const part of [auth, errors, health, observability, resilience, security, shutdown, cors])
  expectTypeOf(part).toBeFunction()
expectTypeOf(isAppError).toBeFunction()
expectTypeOf(redisCheck).toBeFunction()
expectTypeOf(preflight).toBeFunction()
expectTypeOf(apm).not.toBeAny()
