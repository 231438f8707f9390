import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { postJson, type ZooApp } from '../zoo-app.ts'

const email = String.raw`^[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}$`

export const typebox: ZooApp = {
  name: 'TypeScript with TypeBox',
  build(app) {
    const typed = app.withTypeProvider<TypeBoxTypeProvider>()
    typed.post(
      '/users',
      {
        schema: {
          body: Type.Object({
            name: Type.String({ minLength: 1 }),
            email: Type.String({ pattern: email }),
            slug: Type.Optional(Type.String({ pattern: '^[a-z0-9]+(?:-[a-z0-9]+)*$' })),
            version: Type.Optional(Type.String({ pattern: String.raw`^\d+(\.\d+)*$` }))
          }),
          response: { 201: Type.Object({ id: Type.Integer(), name: Type.String() }) }
        }
      },
      async (request, reply) => reply.code(201).send({ id: 1, name: request.body.name })
    )
    typed.get(
      '/users',
      {
        schema: {
          querystring: Type.Object({
            page: Type.Integer({ default: 1 }),
            tag: Type.Optional(Type.Array(Type.String()))
          })
        }
      },
      async ({ query }) => query
    )
  },
  requests: [
    postJson('/users', { name: 'Ada', email: 'ada@example.com', slug: 'ada-l' }, 201, /"name":"Ada"/),
    postJson('/users', { name: 'Ada' }, 400, /email/),
    { url: '/users?page=2&tag=a', status: 200, has: /"page":2/ },
    { url: '/users?page=x', status: 400, has: /page/ }
  ]
}
