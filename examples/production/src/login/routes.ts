import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Users } from '../users/repository.ts'
import { login, refresh, tokens } from './schemas.ts'

interface Login {
  email: string
  password: string
}

const open = { auth: false, rateLimit: { max: 10, timeWindow: '1 minute' } } as const

/** Login and logout: tokens for programs, a session for browsers. */
export function loginRoutes(app: FastifyInstance, users: Users): void {
  const verify = (request: FastifyRequest<{ Body: Login }>) =>
    app.auth.verifyCredentials(request, {
      account: request.body.email,
      password: request.body.password,
      find: async (email) => users.credentials(email)
    })

  app.post<{ Body: Login }>(
    '/login',
    { config: open, schema: { body: login, response: { 200: tokens } } },
    async (request) => {
      const { id, roles } = await verify(request)
      return app.auth.issueTokens({ sub: id, roles })
    }
  )

  app.post<{ Body: { refreshToken: string } }>(
    '/refresh',
    { config: open, schema: { body: refresh, response: { 200: tokens } } },
    async (request) => app.auth.refresh(request.body.refreshToken)
  )

  app.post('/logout', { onRequest: [app.authenticate] }, async (request, reply) => {
    await app.auth.revoke({ user: request.user.sub })
    return reply.code(204).send()
  })
}

/** The same for browsers: an encrypted cookie instead of a token. Only with `SESSION_SECRET`. */
export function sessionRoutes(app: FastifyInstance, users: Users): void {
  app.post<{ Body: Login }>('/session', { config: open, schema: { body: login } }, async (request, reply) => {
    const { id, roles } = await app.auth.verifyCredentials(request, {
      account: request.body.email,
      password: request.body.password,
      find: async (email) => users.credentials(email)
    })
    request.session.set('user', { sub: id, roles })
    return reply.code(204).send()
  })

  app.delete('/session', { onRequest: [app.authenticate] }, async (request, reply) => {
    request.session.delete()
    return reply.code(204).send()
  })
}
