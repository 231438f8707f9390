import { restartable } from '@fastify/restartable'
import Fastify from 'fastify'
import t from 'tap'
import { shutdown, shutdownServerOptions } from '../src/index.ts'

t.test('an app that restarts answers its requests, and leaves the server to the next one', async (t) => {
  const names = ['first', 'second']
  const closed: string[] = []
  const arrived = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const options = shutdownServerOptions()
  const app = await restartable(
    async (fastify, serverOptions) => {
      const app = fastify(serverOptions)
      const name = names.shift() ?? ''
      // The app closes: the request in flight may end now.
      app.addHook('preClose', async () => void setImmediate(released.resolve))
      await app.register(shutdown, { exit: false, drainDelay: 0 })
      app.shutdown.onShutdown('database', () => void closed.push(name))
      app.shutdown.onShutdown('worker', () => void closed.push(`worker of the ${name}`), {
        phase: 'consumers'
      })
      app.get('/', async () => name)
      app.get('/slow', async () => {
        arrived.resolve()
        await released.promise
        return `${name}, with database: ${String(!closed.includes(name))}`
      })
      return app
    },
    options,
    Fastify
  )
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const { server } = app
  const listeners = server.listenerCount('connection')
  const slow = fetch(`${url}/slow`)
  await arrived.promise

  await app.restart()
  t.equal(await (await slow).text(), 'first, with database: true')
  t.strictSame(closed, ['worker of the first', 'first'])
  t.equal(await (await fetch(url)).text(), 'second', 'the server listens')
  t.equal(server.listenerCount('connection'), listeners, 'those of the first are gone')

  t.equal(await app.shutdown.begin(), 0)
  t.strictSame(closed.slice(2), ['worker of the second', 'second'])
  t.equal(server.listening, false)
})
