// `allowPrivate: false`, for addresses that users give. Real servers of this machine take the place of public ones.
import dns from 'node:dns'
import net, { type TcpNetConnectOpts } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { isPublicAddress } from '@seaworthy/internal'
import { resilience, type ResilienceError } from '../src/index.ts'
import { json, startUpstream, type Seen } from './helpers/upstream.ts'

const publicIp = '93.184.215.14'
const notAllowed = { code: 'ADDRESS_NOT_ALLOWED', statusCode: 400 }

/** Names resolve to what `answers` says, one answer after another; public addresses lead to this machine. */
function internet(t: Test, answers: Record<string, string[]>) {
  const { lookup } = dns
  const { connect } = net
  const connections: string[] = []
  dns.lookup = ((host: string, _options: unknown, done: (error: null, found: unknown) => void) => {
    const list = answers[host] ?? []
    const found = list.length > 1 ? list.shift()! : list[0]!
    done(
      null,
      found.split(' ').map((address) => ({ address, family: net.isIP(address) }))
    )
  }) as typeof lookup
  net.connect = ((options: TcpNetConnectOpts) => {
    const reached = (address: string) => {
      connections.push(address)
      return address === publicIp ? '127.0.0.1' : address
    }
    if (net.isIP(options.host ?? '') !== 0) return connect({ ...options, host: reached(options.host!) })
    const resolve = options.lookup!
    return connect({
      ...options,
      lookup: (host, lookupOptions, done) =>
        resolve(host, lookupOptions, (error, address, family) =>
          Array.isArray(address)
            ? done(
                error,
                address.map((one) => ({ ...one, address: reached(one.address) }))
              )
            : done(error, address && reached(address), family)
        )
    })
  }) as typeof connect
  t.teardown(() => {
    dns.lookup = lookup
    net.connect = connect
  })
  return connections
}

async function build(t: Test) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience, { shedding: false, defaults: { retry: false } })
  const upstream = await startUpstream(t, json({ secret: true }))
  const { port } = new URL(upstream.url)
  const get = (url: string, init: RequestInit = {}) =>
    app.resilience.fetch(null, url, { ...init, allowPrivate: false })
  return { app, upstream, port, get }
}

const redirect =
  (location: string) =>
  ({ url, response }: Seen): void => {
    if (url === '/start') response.writeHead(302, { location }).end()
    else response.end('reached')
  }

t.test('private addresses in any form are refused, and get no connection', async (t) => {
  const { upstream, port, get, app } = await build(t)
  const connections = internet(t, {
    localhost: ['127.0.0.1 ::1'],
    'metadata.test': ['169.254.169.254'],
    'mapped.test': ['::ffff:10.0.0.1'],
    'nat64.test': ['64:ff9b::7f00:1']
  })
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[fd00::1]',
    'localhost',
    'metadata.test',
    'mapped.test',
    'nat64.test'
  ])
    await t.rejects(get(`http://${host}:${port}/`), notAllowed, host)
  await t.rejects(get('data:text/plain,hello'), notAllowed)
  t.strictSame(connections, [])
  t.equal(upstream.seen.length, 0)
  t.equal((await app.resilience.fetch(null, upstream.url)).status, 200, 'without the option they are reached')
})

t.test('a public address is called, with its body', async (t) => {
  const { upstream, port, get } = await build(t)
  internet(t, { 'public.test': [publicIp], 'both.test': [`10.0.0.1 ${publicIp}`] })
  t.same(await (await get(`http://public.test:${port}/`)).json(), { secret: true })
  t.same(await (await get(`http://both.test:${port}/`)).json(), { secret: true }, 'the public one of two')
  t.same(await (await get(`http://${publicIp}:${port}/`)).json(), { secret: true })
  const body = new FormData()
  body.set('a', 'b')
  await get(`http://public.test:${port}/`, { method: 'POST', body })
  t.match(upstream.seen.at(-1)!.headers['content-type'], /^multipart\/form-data; boundary=/)
  t.equal(upstream.seen[0]!.headers.host, `public.test:${port}`)
})

t.test('each redirect is checked', async (t) => {
  const { upstream, port, get } = await build(t)
  const connections = internet(t, { 'public.test': [publicIp], 'inside.test': ['10.0.0.7'] })
  for (const location of [`http://127.0.0.1:${port}/inside`, `http://inside.test:${port}/inside`]) {
    upstream.answer = redirect(location)
    await t.rejects(get(`http://public.test:${port}/start`), notAllowed, location)
  }
  t.strictSame([...new Set(connections)], [publicIp])
  upstream.answer = redirect(`http://public.test:${port}/end`)
  t.equal(await (await get(`http://public.test:${port}/start`)).text(), 'reached')
})

t.test('a name that resolves to another address a moment later is refused', async (t) => {
  const { upstream, port, get } = await build(t)
  internet(t, { 'rebind.test': [publicIp, '127.0.0.1'] })
  upstream.answer = ({ response }) => response.writeHead(200, { connection: 'close' }).end('public')
  t.equal(await (await get(`http://rebind.test:${port}/`)).text(), 'public')
  await t.rejects(get(`http://rebind.test:${port}/`), notAllowed)
  t.equal(upstream.seen.length, 1)
})

t.test('a public service that asks its callers to wait is not called', async (t) => {
  const { upstream, port, get } = await build(t)
  internet(t, { 'public.test': [publicIp] })
  upstream.answer = json({}, 429, { 'retry-after': '600' })
  await t.rejects(get(`http://public.test:${port}/`), { code: 'UPSTREAM_FAILED', retryAfter: 600 })
  await t.rejects(get(`http://public.test:${port}/`), { code: 'UPSTREAM_LIMITED' })
  t.equal(upstream.seen.length, 1)
})

t.test('refused addresses open no breaker', async (t) => {
  const { app, get } = await build(t)
  for (let i = 0; i < 30; i++) await get('http://127.0.0.1:8081/').catch(() => undefined)
  t.match(app.resilience.list(), [{ name: 'fetch', state: 'closed', counts: { ignored: 30 } }])
})

t.test('a client gets 400, without the address', async (t) => {
  const { app, get } = await build(t)
  app.get('/', async () => get('http://10.1.2.3/'))
  const response = await app.inject('/')
  t.equal(response.statusCode, 400)
  t.notMatch(response.body, /10\.1\.2\.3/)
  const error = (await get('http://10.1.2.3/').catch((error: unknown) => error)) as ResilienceError
  t.equal(error.message, 'The address is not allowed')
})

t.test('the ranges that are not public', async (t) => {
  const inside = `0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.0.0.1 192.0.2.1 192.168.0.1 198.18.0.1
    198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::ffff:10.0.0.1
    64:ff9b::a00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: fc00::1 fd00::1 fe80::1 fe80::1%eth0 fec0::1
    ff02::1 localhost 127.1`
  for (const address of inside.split(/\s+/)) t.notOk(isPublicAddress(address), address)
  for (const address of [
    '1.1.1.1',
    '93.184.215.14',
    '198.17.0.1',
    '198.20.0.1',
    '2606:4700::1111',
    '::ffff:1.1.1.1'
  ])
    t.ok(isPublicAddress(address), address)
})
