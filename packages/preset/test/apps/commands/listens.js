import Fastify from 'fastify'
import { fromEnv, seaworthy, serverOptions } from 'fastify-seaworthy'

const config = fromEnv()
const app = Fastify(serverOptions(config))
await app.register(seaworthy, config)
await app.listen(config.listen)
