import { initTRPC, TRPCError } from '@trpc/server'
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import { z } from 'zod'
import { postJson, type ZooApp } from '../zoo-app.ts'

export const trpc: ZooApp = {
  name: 'tRPC',
  server: { routerOptions: { maxParamLength: 5000 } },
  async build(app) {
    const { router, procedure } = initTRPC.create()
    const appRouter = router({
      greet: procedure.input(z.object({ name: z.string() })).query(({ input }) => `hello ${input.name}`),
      add: procedure.input(z.object({ a: z.number() })).mutation(({ input }) => input.a + 1),
      secret: procedure.query(() => {
        throw new TRPCError({ code: 'UNAUTHORIZED', message: 'log in first' })
      })
    })
    await app.register(fastifyTRPCPlugin, { prefix: '/trpc', trpcOptions: { router: appRouter } })
  },
  requests: [
    { url: `/trpc/greet?input=${encodeURIComponent('{"name":"Ada"}')}`, status: 200, has: /hello Ada/ },
    {
      url: `/trpc/greet,greet?batch=1&input=${encodeURIComponent('{"0":{"name":"Ada"},"1":{"name":"Bob"}}')}`,
      status: 200,
      has: /hello Bob/
    },
    postJson('/trpc/add', { a: 1 }, 200, /2/),
    postJson('/trpc/add', { a: 'x' }, 400),
    { url: '/trpc/secret', status: 401, has: /log in first/ }
  ]
}
