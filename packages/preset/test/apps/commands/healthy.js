import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'

const options = {
  auth: { jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' } },
  observability: { metrics: { allow: ['127.0.0.1'] } }
}

/** Makes an app without problems. */
export async function build() {
  const app = Fastify(serverOptions(options))
  await app.register(seaworthy, options)
  app.get('/open', { config: { auth: false }, schema: { querystring: {} } }, async () => 'open')
  app.delete(
    '/users',
    { onRequest: [app.authorize('admin')], schema: { querystring: {} } },
    async () => 'gone'
  )
  return app
}
