import Fastify from 'fastify'
import { fromEnv, seaworthy, serverOptions } from 'fastify-seaworthy'

const { env } = fromEnv(
  { DB_PASSWORD: 'postgres-password' },
  { schema: { properties: { DB_PASSWORD: { type: 'string', secret: true } } } }
)
const secret = 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ'
const options = { auth: { jwt: { secret }, session: { secret } }, env }

/** Makes an app with what a review would find. */
export async function build() {
  const app = Fastify(serverOptions(options))
  await app.register(seaworthy, options)
  app.post('/orders', async () => 'made')
  app.get('/orders/:id', { schema: { params: { type: 'object' } } }, async () => 'order')
  app.get('/me', { config: { auth: true } }, async ({ user }) => user)
  return app
}
