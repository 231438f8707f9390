import closeWithGrace from 'close-with-grace'
import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'

const options = { auth: false, shutdown: { drainDelay: 0 } }
const app = Fastify(serverOptions(options))
await app.register(seaworthy, options)
app.get('/slow', async () => {
  const { promise, resolve } = Promise.withResolvers()
  app.shutdown.onDrain(() => setTimeout(() => resolve(), 300))
  app.log.info('slow begins')
  await promise
  return { slow: true }
})
app.addHook('onClose', async () => app.log.info('closed by the app'))

async function stop() {
  await app.close()
  process.exit(0)
}
if (process.env.RIVAL === 'close-with-grace') closeWithGrace({ delay: 10_000 }, async () => app.close())
if (process.env.RIVAL === 'stop') process.once('SIGTERM', stop)
await app.listen({ port: 0, host: '127.0.0.1' })
