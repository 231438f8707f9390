import Fastify from 'fastify'
import { fromEnv, seaworthy, serverOptions } from 'fastify-seaworthy'

const config = fromEnv()
const app = Fastify(serverOptions(config, { logger: false }))
await app.register(seaworthy, config)
await app.ready()
// Nothing listens, so the process has nothing left to do.
console.log('ready')
