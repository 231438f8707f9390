import fc from 'fast-check'
import Fastify, { type FastifyServerOptions } from 'fastify'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { rawSocket } from '@seaworthy/testing'
import {
  cors,
  headers,
  normalizeIP,
  rateLimit,
  security,
  securityServerOptions,
  type SecurityOptions
} from '../src/index.ts'

async function build(t: Test, options: SecurityOptions, said: string[] = []) {
  const logger = { level: 'info', stream: { write: (line: string) => void said.push(line) } }
  const app = Fastify({ ...securityServerOptions(options), logger })
  t.teardown(() => app.close())
  await app.register(security, options)
  app.get('/', async ({ ip, host, protocol }) => ({ ip, host, protocol }))
  await app.ready()
  return app
}

const forwarded = (remoteAddress: string, client: string) => ({
  url: '/',
  remoteAddress,
  headers: {
    host: 'app.example.com',
    'x-forwarded-for': client,
    'x-forwarded-host': 'evil.com',
    'x-forwarded-proto': 'https'
  }
})

t.test('who is no proxy of ours cannot choose an address, a host or a protocol', async (t) => {
  for (const trustProxy of [undefined, false, ['10.0.0.0/8']] as const) {
    const app = await build(t, { trustProxy, rateLimit: { max: 2 } })
    const answers = []
    for (const client of ['1.1.1.1', '2.2.2.2', '3.3.3.3']) {
      answers.push(await app.inject(forwarded('203.0.113.5', client)))
    }
    t.same(
      answers.map(({ statusCode }) => statusCode),
      [200, 200, 429],
      String(trustProxy)
    )
    t.same(answers[0]?.json(), { ip: '203.0.113.5', host: 'app.example.com', protocol: 'http' })
    const other = { ...forwarded('203.0.113.5', '4.4.4.4'), headers: { host: 'evil.com' } }
    t.equal((await app.inject(other)).statusCode, 429, 'another Host is nobody else')
  }
})

t.test(
  'behind a trusted proxy each client has its own limit, and what a client adds itself does not count',
  async (t) => {
    const app = await build(t, { trustProxy: '10.0.0.0/8, loopback', rateLimit: { max: 1 } })
    const status = async (client: string) => (await app.inject(forwarded('10.0.0.1', client))).statusCode
    t.equal(await status('198.51.100.1'), 200)
    t.equal(await status('198.51.100.1'), 429)
    t.equal(await status('198.51.100.2'), 200)
    t.equal(await status('9.9.9.9, 198.51.100.1'), 429, 'the last one before our proxies is who asks')
    t.equal(await status('8.8.8.8, 198.51.100.1, 10.0.0.7'), 429)
    t.same(app.security.trustProxy, ['10.0.0.0/8', 'loopback'])
  }
)

t.test('the first forwarded request shows a wrong setting, once', async (t) => {
  const said: string[] = []
  const app = await build(t, {}, said)
  for (let i = 0; i < 3; i++) await app.inject(forwarded('10.0.0.1', '198.51.100.1'))
  const warnings = said.filter((line) => line.includes('sends X-Forwarded-For but is not trusted'))
  t.equal(warnings.length, 1)
  t.match(warnings[0], /trustProxy: \['10\.0\.0\.1'\]/)

  const heard: string[] = []
  const trusting = await build(t, { trustProxy: ['10.0.0.1'] }, heard)
  await trusting.inject(forwarded('10.0.0.1', '198.51.100.1'))
  t.ok(heard.some((line) => line.includes('count only from these proxies')))
  t.ok(heard.some((line) => line.includes('the proxy is trusted, limits count its clients')))
  t.notOk(heard.some((line) => line.includes('is not trusted')))
})

t.test('the start says whose word on addresses will count, whoever built the app', async (t) => {
  const cases: [FastifyServerOptions, SecurityOptions, RegExp][] = [
    [{}, {}, /"level":30.*the address of a request is its connection's/],
    [{ trustProxy: ['10.0.0.0/8'] }, { trustProxy: ['10.0.0.0/8'] }, /"level":30.*count only from these/],
    [{ trustProxy: 'loopback' }, { trustProxy: 'loopback' }, /"level":30.*count only from these/],
    [{ trustProxy: true }, {}, /"level":40.*count from everybody/],
    [{ trustProxy: () => true }, { trustProxy: ['10.0.0.1'] }, /"level":40.*count from everybody/],
    [{ trustProxy: '0.0.0.0/1,128.0.0.0/1,::/1' }, {}, /"level":40.*count from everybody/],
    [{}, { trustProxy: ['10.0.0.0/8'] }, /"level":40.*do not count from 10\.0\.0\.0\/8,/],
    [
      { trustProxy: ['10.0.0.0/8'] },
      { trustProxy: ['10.0.0.0/8', 'fd00::/8'] },
      /"level":40.*do not count from fd00::\/8,/
    ]
  ]
  for (const [settings, options, expected] of cases) {
    const said: string[] = []
    const logger = { level: 'info', stream: { write: (line: string) => void said.push(line) } }
    const app = Fastify({ ...settings, logger })
    t.teardown(() => app.close())
    await app.register(security, options)
    await app.ready()
    const told = said.filter((line) => line.includes('X-Forwarded-*'))
    t.equal(told.length, 1, JSON.stringify([settings, options]))
    t.match(told[0], expected)
  }
})

t.test(
  'property: whatever address, all spellings of its network are one key, and other networks are others',
  async (t) => {
    const group = fc.integer({ min: 0, max: 0xffff })
    // From 2000::/3, so that none is IPv4 in disguise.
    const network = fc.tuple(fc.integer({ min: 0x2000, max: 0x3fff }), group, group, group)
    const host = fc.tuple(group, group, group, group)
    const hex = (groups: readonly number[]) => groups.map((each) => each.toString(16)).join(':')
    const long = (groups: readonly number[]) =>
      groups
        .map((each) => each.toString(16).padStart(4, '0'))
        .join(':')
        .toUpperCase()
    fc.assert(
      fc.property(network, host, host, network, (net, one, other, elsewhere) => {
        const key = normalizeIP(hex([...net, ...one]))
        const same = key === normalizeIP(long([...net, ...other])) && key === normalizeIP(key)
        const apart = hex(net) === hex(elsewhere) || key !== normalizeIP(hex([...elsewhere, ...one]))
        return same && apart
      })
    )
    fc.assert(fc.property(fc.ipV4(), (ip) => normalizeIP(`::ffff:${ip}`) === ip))
    fc.assert(fc.property(fc.string(), (text) => typeof normalizeIP(text) === 'string'))
    t.pass('held')
  }
)

t.test('property: no header and no URL makes a 5xx, or an answer without security headers', async (t) => {
  const app = Fastify(securityServerOptions({ trustProxy: ['127.0.0.1'] }))
  t.teardown(() => app.close())
  await app.register(headers, { profile: 'html', enableCSPNonces: true })
  await app.register(cors, {
    origin: ['https://app.example.com', /^https:\/\/[a-z]+\.example\.com$/],
    credentials: true
  })
  await app.register(rateLimit, { max: 1_000_000, user: { max: 10 } })
  app.get('/:id', async () => 'ok')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo

  const printable = fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength: 60
  })
  const path = printable.map((text) => `/${text.replaceAll(' ', '%')}`)
  const names = [
    'origin',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'access-control-request-method',
    'content-type'
  ]
  const lines = fc.array(fc.tuple(fc.constantFrom(...names), printable), { maxLength: 5 })
  const method = fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST', 'BREW')
  await fc.assert(
    fc.asyncProperty(method, path, lines, async (method, path, lines) => {
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      const bytes = `${method} ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${head}content-length: 0\r\n\r\n`
      const { received, closed } = await rawSocket(t, port, bytes)
      await closed
      const answer = received()
      return /^HTTP\/1\.1 [2-4]/.test(answer) && /x-content-type-options: nosniff/i.test(answer)
    }),
    { numRuns: 150 }
  )
  t.pass('held')
})
