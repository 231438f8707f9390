import type {} from '@fastify/jwt'
import type { AuthUser } from './identity.ts'

declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: AuthUser
  }
}
