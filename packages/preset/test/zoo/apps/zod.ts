import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { postJson, type ZooApp } from '../zoo-app.ts'

export const zod: ZooApp = {
  name: 'TypeScript with zod',
  build(app) {
    app.setValidatorCompiler(validatorCompiler)
    app.setSerializerCompiler(serializerCompiler)
    const typed = app.withTypeProvider<ZodTypeProvider>()
    typed.post(
      '/orders',
      {
        schema: {
          body: z.object({ count: z.coerce.number().int().min(1), note: z.string().optional() }),
          response: { 200: z.object({ count: z.number() }) }
        }
      },
      async ({ body }) => ({ count: body.count })
    )
    typed.get(
      '/orders/:id',
      { schema: { params: z.object({ id: z.coerce.number() }) } },
      async ({ params }) => params
    )
  },
  requests: [
    postJson('/orders', { count: '3' }, 200, /"count":3/),
    postJson('/orders', { count: 0 }, 400),
    { url: '/orders/7', status: 200, has: /"id":7/ },
    { url: '/orders/x', status: 400 }
  ]
}
