import Fastify, { type FastifyServerOptions } from 'fastify'
import { request } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryFolder, until } from '@seaworthy/testing'
import { normalizeIP, rateLimit, securityServerOptions, type RateLimitOptions } from '../src/index.ts'

async function build(t: Test, options: RateLimitOptions, settings: FastifyServerOptions = {}) {
  const app = Fastify(settings)
  t.teardown(() => app.close())
  await app.register(rateLimit, options)
  return app
}

t.test('who resets the connection at once is counted too, and not as anybody else', async (t) => {
  const keyed: RateLimitOptions[] = [
    {},
    { allowList: ['10.0.0.0/8'] },
    { keyGenerator: ({ ip }) => ip },
    { keyGenerator: async ({ ip }) => ip },
    { keyGenerator: ({ ip }) => normalizeIP(ip) }
  ]
  for (const options of keyed) {
    let handled = 0
    let refused = 0
    const app = await build(t, { ...options, max: 5, onExceeded: () => refused++ })
    app.get('/', async () => `${handled++}`)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    for (let i = 0; i < 30; i++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n', () => socket.resetAndDestroy())
    }
    await until('all to be looked at', () => handled + refused === 30, 30_000)
    t.ok(handled <= 10, `${handled} of 30 were handled: 5 with an address and 5 without at most`)
    t.equal((await app.inject({ url: '/', remoteAddress: '192.0.2.1' })).statusCode, 200)
  }
})

/** Over a Unix socket there is no address to count by, unless a proxy gives one. */
async function overSocket(t: Test, settings: FastifyServerOptions) {
  const said: string[] = []
  const logger = { level: 'warn', stream: { write: (line: string) => void said.push(line) } }
  const app = await build(
    t,
    { max: 2, allowList: ['10.0.0.0/8'] },
    { ...securityServerOptions(), ...settings, logger }
  )
  app.get('/', async () => 'ok')
  const path = join(temporaryFolder(t), 'app.sock')
  await app.listen({ path })
  const ask = (client: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'x-forwarded-for': client }
      request({ socketPath: path, agent: false, headers }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode))
      })
        .on('error', reject)
        .end()
    })
  const found: (number | undefined)[] = []
  for (const client of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '10.0.0.1']) {
    found.push(await ask(client))
  }
  return { found, warnings: said.filter((line) => line.includes('over a Unix socket')) }
}

t.test('over a Unix socket all count together, and the app hears once what to add', async (t) => {
  const { found, warnings } = await overSocket(t, {})
  t.same(found, [200, 200, 429, 429, 429])
  t.equal(warnings.length, 1)
  t.match(warnings[0], /trustProxy: \(address\) => address === undefined/)

  const told = await overSocket(t, { trustProxy: (address) => (address as string | undefined) === undefined })
  t.same(told.found, [200, 200, 429, 200, 200], 'as the warning says: by client')
  t.same(told.warnings, [])
})
