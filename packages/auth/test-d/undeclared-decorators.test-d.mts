// An app during a migration: it decorates without declaring a type.
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { auth } from '@seaworthy/auth'

const app = Fastify()
app.register(auth, { jwt: false })
app.decorate('authenticate', async (request, reply) => {
  if (request.headers.authorization === undefined) await reply.code(401).send()
})

const other = Fastify()
other.decorate('authenticate', async (request: FastifyRequest, reply: FastifyReply) => {
  await request.jwtVerify().catch((error: unknown) => reply.send(error))
})
