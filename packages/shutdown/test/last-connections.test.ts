// Clients that connect again for each request, while the listener closes: what the system has established is answered.
import { connect, type AddressInfo } from 'node:net'
import { until } from '@seaworthy/testing'
import Fastify from 'fastify'
import t from 'tap'
import { shutdown, shutdownServerOptions } from '../src/index.ts'

const request = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'
const clients = 20

for (const how of ['app.shutdown.begin()', 'app.close()'] as const) {
  t.test(`${how} accepts the connections that wait before it closes the listener`, async (t) => {
    const app = Fastify(shutdownServerOptions())
    t.teardown(() => app.close())
    await app.register(shutdown, { exit: false, drainDelay: 0, timeout: 600_000, closeTimeout: 600_000 })
    app.get('/', async () => {
      // By the time of its response the client has connected again.
      open()
      return 'answered'
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo

    const results: string[] = []
    const open = () => {
      let text = ''
      let failure = 'closed without a response'
      connect(port, '127.0.0.1')
        .on('error', ({ code = '' }: NodeJS.ErrnoException) => (failure = code))
        .on('data', (data) => (text += String(data)))
        .on('close', () => results.push(/^HTTP\/1\.1 200 OK[^]*answered$/.test(text) ? '200' : failure))
        .write(request)
    }
    for (let client = 0; client < clients; client++) open()
    await until('busy clients', () => results.length > 100)

    if (how === 'app.close()') await app.close()
    else t.equal(await app.shutdown.begin(), 0)
    const failed = () => results.filter((result) => result !== '200')
    await until('the end of all clients', () => failed().length >= clients)
    t.strictSame(
      failed(),
      Array.from({ length: clients }, () => 'ECONNREFUSED'),
      `of ${results.length} connections none was reset: clients come once more after the listener has closed`
    )
  })
}
