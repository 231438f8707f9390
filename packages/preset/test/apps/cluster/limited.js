// Two workers with limits that operators change.
import cluster from 'node:cluster'
import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'

if (cluster.isPrimary) {
  for (let n = 0; n < 2; n++) cluster.fork()
  process.on('SIGUSR2', () => cluster.fork())
} else {
  const options = {
    auth: false,
    observability: { level: 'warn', management: { port: Number(process.env.MANAGEMENT) } },
    security: { rateLimit: { max: 1000 } }
  }
  const app = Fastify(serverOptions(options))
  await app.register(seaworthy, options)
  app.get('/', async () => process.pid)
  await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
  process.stdout.write(`worker ${process.pid} is up\n`)
}
