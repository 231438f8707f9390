import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'

const options = { auth: false, shutdown: { timeout: 30 } }
/** Writes lines as pino-pretty does. */
const stream = {
  write(line) {
    const { level, msg } = JSON.parse(line)
    console.log(
      `[12:00:00.000] ${level >= 40 ? '\u001B[33mWARN\u001B[39m' : 'INFO'} (${process.pid}): \u001B[36m${msg}\u001B[39m`
    )
  }
}

export const app = Fastify(serverOptions(options, { logger: { stream } }))
await app.register(seaworthy, options)
