import type { FastifyServerOptions } from 'fastify'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryFolder, until } from '@seaworthy/testing'
import { normalizeIP, rateLimit, securityServerOptions, type RateLimitOptions } from '../src/index.ts'
import { captureLog, createApp, listen, ok } from './helpers.ts'

t.test('a client that resets its connection at once is counted, and not as another client', async (t) => {
  const options: RateLimitOptions[] = [
    {},
    { allowList: ['10.0.0.0/8'] },
    { keyGenerator: ({ ip }) => ip },
    { keyGenerator: async ({ ip }) => ip },
    { keyGenerator: ({ ip }) => normalizeIP(ip) }
  ]
  for (const each of options) {
    let handled = 0
    let rejected = 0
    const app = createApp(t)
    await app.register(rateLimit, { ...each, max: 5, onExceeded: () => rejected++ })
    app.get('/', async () => `${handled++}`)
    const port = await listen(app)
    for (let i = 0; i < 30; i++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n', () => socket.resetAndDestroy())
    }
    await until('all requests to be evaluated', () => handled + rejected === 30, 30_000)
    t.ok(handled <= 10, `${handled} of 30 were handled: 5 with an address and 5 without at most`)
    t.equal((await app.inject({ url: '/', remoteAddress: '192.0.2.1' })).statusCode, 200)
  }
})

/** Requests over a Unix socket, where only a proxy's header shows the client. */
async function requestOverUnixSocket(t: Test, settings: FastifyServerOptions) {
  const { logger, lines } = captureLog('warn')
  const app = createApp(t, { ...securityServerOptions(), ...settings, logger })
  await app.register(rateLimit, { max: 2, allowList: ['10.0.0.0/8'] })
  app.get('/', ok)
  const socketPath = join(temporaryFolder(t), 'app.sock')
  await app.listen({ path: socketPath })
  const statusOf = (client: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'x-forwarded-for': client }
      request({ socketPath, agent: false, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      })
        .on('error', reject)
        .end()
    })
  const statuses: (number | undefined)[] = []
  for (const client of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '10.0.0.1']) {
    statuses.push(await statusOf(client))
  }
  return { statuses, warnings: lines.filter((line) => line.includes('over a Unix socket')) }
}

t.test('over a Unix socket all clients are counted together, and one warning names the remedy', async (t) => {
  const { statuses, warnings } = await requestOverUnixSocket(t, {})
  t.same(statuses, [200, 200, 429, 429, 429])
  t.equal(warnings.length, 1)
  t.match(warnings[0], /trustProxy: \(address\) => address === undefined/)

  const remedied = await requestOverUnixSocket(t, {
    trustProxy: (address) => (address as string | undefined) === undefined
  })
  t.same(remedied.statuses, [200, 200, 429, 200, 200], 'with the remedy clients are counted apart')
  t.same(remedied.warnings, [])
})
