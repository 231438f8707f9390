import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'

const options = { auth: { jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' } }, shutdown: { exit: false } }

export async function makeApp() {
  const app = Fastify(serverOptions(options))
  await app.register(seaworthy, options)
  app.get('/orders', { onRequest: [app.authenticate], schema: { querystring: {} } }, async () => [])
  return app
}
