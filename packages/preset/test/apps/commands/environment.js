import Fastify from 'fastify'
import { fromEnv, seaworthy, serverOptions } from 'fastify-seaworthy'

const config = fromEnv()

/** An app whose settings come from the environment alone. */
export const app = Fastify(serverOptions(config))
app.register(seaworthy, config)
