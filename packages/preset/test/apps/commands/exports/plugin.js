import { seaworthy } from 'fastify-seaworthy'

/** A plugin for fastify-cli, without options of the constructor. */
export default async function service(app, _options) {
  await app.register(seaworthy, { auth: false, observability: { metrics: { allow: ['127.0.0.1'] } } })
}
