import { createServer } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { shutdown, shutdownServerOptions } from '../src/index.ts'

// As @fastify/restartable does it: the next app has the same server, and a decorator says whether that closes too.
t.test('an app that restarts answers its requests, and leaves the server to the next one', async (t) => {
  const server = createServer()
  let closing = false
  const closed: string[] = []
  const start = async (name: string): Promise<FastifyInstance> => {
    const serverFactory = (handler: Parameters<typeof createServer>[1] & object) =>
      server.removeAllListeners('request').on('request', handler)
    const app = Fastify({ ...shutdownServerOptions(), serverFactory })
    app.decorate('closingRestartable', { getter: () => closing })
    await app.register(shutdown, { exit: false, drainDelay: 0 })
    app.shutdown.onShutdown('database', () => void closed.push(name))
    app.get('/', async () => name)
    app.get('/slow', async () => {
      arrived.resolve()
      await released.promise
      return `${name}, with database: ${String(!closed.includes(name))}`
    })
    return app
  }
  const arrived = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const first = await start('first')
  const url = await first.listen({ port: 0, host: '127.0.0.1' })
  const slow = fetch(`${url}/slow`)
  await arrived.promise

  const listeners = server.listenerCount('connection')
  const second = await start('second')
  await second.ready()
  const close = server.close.bind(server)
  server.close = (done) => {
    done?.()
    return server
  }
  const restarted = first.close()
  t.equal(await (await fetch(url)).text(), 'second')
  t.strictSame(closed, [], 'a request is in flight')
  released.resolve()
  t.equal(await (await slow).text(), 'first, with database: true')
  await restarted
  t.strictSame(closed, ['first'])
  t.equal(await (await fetch(url)).text(), 'second', 'the server listens')
  t.equal(server.listenerCount('connection'), listeners, 'those of the first are gone')

  server.close = close
  closing = true
  t.equal(await second.shutdown.begin(), 0)
  t.strictSame(closed, ['first', 'second'])
  t.equal(server.listening, false)
})
