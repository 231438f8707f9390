import { serverOptions, seaworthy } from 'fastify-seaworthy'

const auth = { jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' } }

/** The constructor options for fastify-cli. */
export const options = serverOptions({ auth })

export default async function service(app, _options) {
  await app.register(seaworthy, { auth })
  app.get('/orders', { onRequest: [app.authenticate], schema: { querystring: {} } }, async () => [])
}
