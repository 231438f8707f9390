import { promisify } from 'node:util'
import Fastify from 'fastify'
import t from 'tap'
import { shutdown, shutdownServerOptions } from '../src/index.ts'

// As http-terminator and stoppable close it.
for (const place of ['a resource', 'an onClose hook'] as const) {
  t.test(`a shutdown is clean where ${place} closes the server too`, async (t) => {
    const app = Fastify(shutdownServerOptions())
    await app.register(shutdown, { exit: false, drainDelay: 0 })
    const close = promisify(app.server.close.bind(app.server))
    if (place === 'a resource') app.shutdown.onShutdown('server', close)
    else app.addHook('onClose', async () => close())
    let isLastClosed = false
    app.shutdown.onShutdown('database', () => {
      isLastClosed = true
    })
    await app.listen({ port: 0 })
    t.equal(await app.shutdown.begin(), 0)
    t.ok(isLastClosed)
  })
}
