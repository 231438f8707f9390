import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'

const options = {
  auth: { jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' }, apiKeys: { find: () => undefined } }
}

/** Makes an app whose rules are in the environment: `GET /a=true`, one per line. */
export async function build() {
  const app = Fastify(serverOptions(options))
  await app.register(seaworthy, options)
  for (const line of process.env.RULES.split('\n')) {
    const [, method, url, rule] = /^(\w+) (\S+)=(.*)$/.exec(line)
    const auth = JSON.parse(rule)
    app.route({
      method,
      url,
      schema: { querystring: {} },
      ...(auth === null ? {} : { config: { auth } }),
      handler: async () => 'ok'
    })
  }
  return app
}
