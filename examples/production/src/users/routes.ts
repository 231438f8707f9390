import { NotFoundError } from 'fastify-seaworthy/errors'
import type { FastifyInstance } from 'fastify'
import type { Users } from './repository.ts'
import { byId, registration, user } from './schemas.ts'

interface Registration {
  email: string
  name: string
  password: string
}

/** Registration, the profile of the user, and the routes of administrators. */
export function userRoutes(app: FastifyInstance, users: Users): void {
  app.addSchema(user)

  app.post<{ Body: Registration }>(
    '/users',
    {
      config: { auth: false, rateLimit: { max: 20, timeWindow: '1 minute' } },
      schema: { body: registration, response: { 201: { $ref: 'User#' } } }
    },
    async (request, reply) => {
      const { email, name, password } = request.body
      const passwordHash = await app.auth.hashPassword(password)
      return reply.code(201).send(await users.create({ email, name, passwordHash }))
    }
  )

  app.get(
    '/profile',
    { onRequest: [app.authenticate], schema: { response: { 200: { $ref: 'User#' } } } },
    async (request) => {
      const found = await users.find(request.user.sub)
      if (!found) throw new NotFoundError('User')
      return found
    }
  )

  app.delete<{ Params: { id: string } }>(
    '/users/:id',
    { onRequest: [app.authorize('admin')], schema: { params: byId } },
    async (request, reply) => {
      if (!(await users.remove(request.params.id))) throw new NotFoundError('User')
      return reply.code(204).send()
    }
  )
}
