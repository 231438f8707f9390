import fc from 'fast-check'
import type { FastifyServerOptions } from 'fastify'
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
import { buildApp, captureLog, createApp, listen, ok } from './helpers.ts'

async function build(t: Test, options: SecurityOptions) {
  const { logger, lines } = captureLog()
  const app = await buildApp(
    t,
    security,
    options,
    (app) => app.get('/', async ({ ip, host, protocol }) => ({ ip, host, protocol })),
    { ...securityServerOptions(options), logger }
  )
  return { app, lines }
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

t.test('an untrusted peer cannot choose its address, host or protocol', async (t) => {
  for (const trustProxy of [undefined, false, ['10.0.0.0/8']] as const) {
    const { app } = await build(t, { trustProxy, rateLimit: { max: 2 } })
    const responses = []
    for (const client of ['1.1.1.1', '2.2.2.2', '3.3.3.3']) {
      responses.push(await app.inject(forwarded('203.0.113.5', client)))
    }
    t.same(
      responses.map(({ statusCode }) => statusCode),
      [200, 200, 429],
      String(trustProxy)
    )
    t.same(responses[0]?.json(), { ip: '203.0.113.5', host: 'app.example.com', protocol: 'http' })
    const otherHost = { ...forwarded('203.0.113.5', '4.4.4.4'), headers: { host: 'evil.com' } }
    t.equal((await app.inject(otherHost)).statusCode, 429, 'with another Host it is the same client')
  }
})

t.test(
  'behind a trusted proxy each client has its own limit, and addresses that it adds are ignored',
  async (t) => {
    const { app } = await build(t, { trustProxy: '10.0.0.0/8, loopback', rateLimit: { max: 1 } })
    const status = async (client: string) => (await app.inject(forwarded('10.0.0.1', client))).statusCode
    t.equal(await status('198.51.100.1'), 200)
    t.equal(await status('198.51.100.1'), 429)
    t.equal(await status('198.51.100.2'), 200)
    t.equal(await status('9.9.9.9, 198.51.100.1'), 429, 'the last address before the proxies is the client')
    t.equal(await status('8.8.8.8, 198.51.100.1, 10.0.0.7'), 429)
    t.same(app.security.trustProxy, ['10.0.0.0/8', 'loopback'])
  }
)

t.test(
  'behind proxies that add a port to each address, a client is found and has its own limit',
  async (t) => {
    const { app } = await build(t, {
      trustProxy: ['10.0.0.0/8', 'fd00::/8', 'loopback'],
      rateLimit: { max: 1 }
    })
    const answer = (client: string) => app.inject(forwarded('10.0.0.2', client))
    const chain = (client: string, port: number) => `${client}, 10.0.0.1:${port}, [fd00::1]:443, "[::1]:80"`
    const first = await answer(chain('198.51.100.1:40001', 5001))
    t.match(first.json(), { ip: /^198\.51\.100\.1:40001$/ })
    t.equal(first.statusCode, 200)
    t.equal((await answer(chain('198.51.100.1:40002', 5002))).statusCode, 429)
    t.equal((await answer(chain('198.51.100.2:40001', 5001))).statusCode, 200)
    t.equal(
      (await answer('9.9.9.9, 198.51.100.1:7, 10.0.0.1:5')).statusCode,
      429,
      'what the client adds is ignored'
    )
  }
)

t.test('the first forwarded request reveals a wrong setting, once', async (t) => {
  const untrusting = await build(t, {})
  for (let i = 0; i < 3; i++) await untrusting.app.inject(forwarded('10.0.0.1', '198.51.100.1'))
  const warnings = untrusting.lines.filter((line) =>
    line.includes('sends X-Forwarded-For but is not trusted')
  )
  t.equal(warnings.length, 1)
  t.match(warnings[0], /trustProxy: \['10\.0\.0\.1'\]/)

  const { app, lines } = await build(t, { trustProxy: ['10.0.0.1'] })
  await app.inject(forwarded('10.0.0.1', '198.51.100.1'))
  t.ok(lines.some((line) => line.includes('trusted only from these proxies')))
  t.ok(lines.some((line) => line.includes('the proxy is trusted, limits count its clients')))
  t.notOk(lines.some((line) => line.includes('is not trusted')))
})

t.test('the start logs which peers are trusted, with or without securityServerOptions()', async (t) => {
  const cases: [FastifyServerOptions, SecurityOptions, RegExp][] = [
    [{}, {}, /"level":30.*X-Forwarded-\* headers are ignored/],
    [{ trustProxy: ['10.0.0.0/8'] }, { trustProxy: ['10.0.0.0/8'] }, /"level":30.*only from these proxies/],
    [{ trustProxy: 'loopback' }, { trustProxy: 'loopback' }, /"level":30.*only from these proxies/],
    [{ trustProxy: true }, {}, /"level":40.*trusted from every peer/],
    [{ trustProxy: () => true }, { trustProxy: ['10.0.0.1'] }, /"level":40.*trusted from every peer/],
    [{ trustProxy: '0.0.0.0/1,128.0.0.0/1,::/1' }, {}, /"level":40.*trusted from every peer/],
    [{}, { trustProxy: ['10.0.0.0/8'] }, /"level":40.*not trusted from 10\.0\.0\.0\/8;/],
    [
      { trustProxy: ['10.0.0.0/8'] },
      { trustProxy: ['10.0.0.0/8', 'fd00::/8'] },
      /"level":40.*not trusted from fd00::\/8;/
    ]
  ]
  for (const [settings, options, expected] of cases) {
    const { logger, lines } = captureLog()
    await buildApp(t, security, options, () => undefined, { ...settings, logger })
    const trust = lines.filter((line) => line.includes('X-Forwarded-*'))
    t.equal(trust.length, 1, JSON.stringify([settings, options]))
    t.match(trust[0], expected)
  }
})

t.test('property: all spellings of a network are one key, and other networks are other keys', async (t) => {
  const group = fc.integer({ min: 0, max: 0xffff })
  // From 2000::/3, so that none is IPv4 in disguise.
  const network = fc.tuple(fc.integer({ min: 0x2000, max: 0x3fff }), group, group, group)
  const host = fc.tuple(group, group, group, group)
  const short = (groups: readonly number[]) => groups.map((each) => each.toString(16)).join(':')
  const long = (groups: readonly number[]) =>
    groups
      .map((each) => each.toString(16).padStart(4, '0'))
      .join(':')
      .toUpperCase()
  fc.assert(
    fc.property(network, host, host, network, (net, one, other, elsewhere) => {
      const key = normalizeIP(short([...net, ...one]))
      const same = key === normalizeIP(long([...net, ...other])) && key === normalizeIP(key)
      const apart = short(net) === short(elsewhere) || key !== normalizeIP(short([...elsewhere, ...one]))
      return same && apart
    })
  )
  fc.assert(fc.property(fc.ipV4(), (ip) => normalizeIP(`::ffff:${ip}`) === ip))
  fc.assert(fc.property(fc.string(), (text) => typeof normalizeIP(text) === 'string'))
  t.pass('the properties hold')
})

t.test('property: no header and no URL causes a 5xx, or a response without security headers', async (t) => {
  const app = createApp(t, securityServerOptions({ trustProxy: ['127.0.0.1'] }))
  await app.register(headers, { profile: 'html', enableCSPNonces: true })
  await app.register(cors, {
    origin: ['https://app.example.com', /^https:\/\/[a-z]+\.example\.com$/],
    credentials: true
  })
  await app.register(rateLimit, { max: 1_000_000, user: { max: 10 } })
  app.get('/:id', ok)
  const port = await listen(app)

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
      const response = received()
      return /^HTTP\/1\.1 [2-4]/.test(response) && /x-content-type-options: nosniff/i.test(response)
    }),
    { numRuns: 150 }
  )
  t.pass('the property holds')
})

t.test('a platform whose proxy is not trusted is named at the start', async (t) => {
  const linesWith = async (variable: string, trustProxy: string[] | false) => {
    const { lines, logger } = captureLog()
    process.env[variable] = '1'
    try {
      await buildApp(t, rateLimit, {}, undefined, { trustProxy, logger })
    } finally {
      delete process.env[variable]
    }
    return lines.map((line) => JSON.parse(line) as { level: number; msg: string })
  }
  t.match(await linesWith('DYNO', false), [
    { level: 40, msg: /Heroku has a proxy in front of this service.*share one limit.*trustProxy/ }
  ])
  t.match(await linesWith('KUBERNETES_SERVICE_HOST', false), [{ level: 30, msg: /on Kubernetes.*often/ }])
  for (const range of ['uniquelocal', '169.254.1.0/24']) t.same(await linesWith('DYNO', [range]), [])
  t.same(await linesWith('UNRELATED_VARIABLE', false), [])
})
