import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { resilience } from '../src/index.ts'
import { startRawServer, startUpstream } from './helpers/upstream.ts'

const ok = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'

interface Malformed {
  bytes: string
  /** Whether the connection is closed after that; it hangs otherwise. */
  close?: boolean
  /** The status of a route without a fallback. */
  plain: number
}

const responses: Record<string, Malformed> = {
  'that is slow': { bytes: '', close: false, plain: 504 },
  'that never ends a header': { bytes: 'HTTP/1.1 200 OK\r\nx-more: ', close: false, plain: 504 },
  'that hangs after its headers': { bytes: `${ok}content-length: 9\r\n\r\n`, close: false, plain: 504 },
  'that hangs in a chunk': {
    bytes: `${ok}transfer-encoding: chunked\r\n\r\n9\r\n["a"`,
    close: false,
    plain: 504
  },
  'that sends less than it promises': { bytes: `${ok}content-length: 100\r\n\r\n["a","b"]`, plain: 502 },
  'that sends more than it promises': { bytes: `${ok}content-length: 4\r\n\r\n["a","b"]`, plain: 502 },
  'that cuts off a chunk': { bytes: `${ok}transfer-encoding: chunked\r\n\r\n9\r\n["a"`, plain: 502 },
  'that cuts off the body between chunks': {
    bytes: `${ok}transfer-encoding: chunked\r\n\r\n5\r\n["a"]\r\n`,
    plain: 502
  },
  'whose chunk has no size': { bytes: `${ok}transfer-encoding: chunked\r\n\r\nsize\r\n["a"]`, plain: 502 },
  'whose JSON is HTML': { bytes: `${ok}content-length: 6\r\n\r\n<html>`, plain: 502 },
  'whose JSON is empty': { bytes: `${ok}content-length: 0\r\n\r\n`, plain: 502 },
  'that answers 204': { bytes: 'HTTP/1.1 204 No Content\r\n\r\n', plain: 502 },
  'whose gzip is invalid': {
    bytes: `${ok}content-encoding: gzip\r\ncontent-length: 5\r\n\r\n["a"]`,
    plain: 502
  },
  'that redirects in a circle': {
    bytes: 'HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    plain: 502
  },
  'that does not speak HTTP': { bytes: '220 mail ESMTP\r\n', plain: 502 },
  'that closes without a response': { bytes: '', plain: 502 },
  'that answers 500': { bytes: 'HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n', plain: 502 },
  // Only code that checks the shape of the body can detect this one.
  'that sends an error with status 200': {
    bytes: `${ok}content-length: 16\r\n\r\n{"error":"down"}`,
    plain: 200
  }
}

/** The minimum volume of the breakers. */
const VOLUME = 4

/** One route with a fallback, and one without. */
async function build(t: Test, url: string, timeout = 10_000) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience, {
    shedding: false,
    defaults: { retry: false, timeout, totalTimeout: timeout, volumeThreshold: VOLUME }
  })
  const list = app.resilience.breaker(
    'list',
    async ({ signal }): Promise<string[]> => {
      const response = await fetch(url, { signal })
      if (!response.ok) throw new Error(`answered ${response.status}`)
      const body: unknown = await response.json()
      if (!Array.isArray(body)) throw new Error('the body is not a list')
      return body as string[]
    },
    { fallback: () => ['usual'] }
  )
  app.get('/list', async (request, reply) => {
    reply.header('cache-control', 'public, max-age=60')
    return list.call(request)
  })
  app.get('/plain', async (request) => (await app.resilience.fetch(request, url)).json())
  return { app, list }
}

async function expectFallback(
  t: Test,
  url: string,
  { plain }: Pick<Malformed, 'plain'>,
  connections: () => number
) {
  const { app, list } = await build(t, url, plain === 504 ? 300 : undefined)
  const many = (path: string) => Promise.all(Array.from({ length: VOLUME }, () => app.inject(path)))

  for (const answer of await many('/list')) {
    t.match(answer, { statusCode: 200, headers: { 'x-degraded': 'true', 'cache-control': 'no-store' } })
    t.strictSame(answer.json(), ['usual'])
  }
  const { counts, ...seen } = list.snapshot()
  t.match(seen, { state: 'open', degraded: VOLUME })
  t.equal(counts.failure + counts.timeout, VOLUME, 'each call counts as a failure, although it has a result')

  for (const answer of await many('/plain')) {
    t.equal(answer.statusCode, plain)
    if (plain !== 200) t.match(answer.json(), { code: plain === 504 ? 'TIMEOUT' : 'UPSTREAM_FAILED' })
  }
  const before = connections()
  t.match(await app.inject('/list'), { statusCode: 200, headers: { 'x-degraded': 'true' } })
  const rejected = await app.inject('/plain')
  if (plain === 200) return
  t.match(rejected, { statusCode: 503, headers: { 'retry-after': /^[1-9]\d*$/ } })
  t.equal(connections(), before, 'open breakers make no call')
}

t.test('a stopped upstream causes the fallback or 502, then an open breaker', async (t) => {
  const upstream = await startUpstream(t, () => undefined)
  await upstream.kill()
  await expectFallback(t, upstream.url, { plain: 502 }, () => upstream.seen.length)
})

for (const [name, malformed] of Object.entries(responses)) {
  t.test(`an upstream ${name} causes the fallback or ${malformed.plain}, then an open breaker`, async (t) => {
    const { url, connections } = await startRawServer(t, malformed.bytes, { close: malformed.close ?? true })
    await expectFallback(t, url, malformed, connections)
  })
}

t.test('an aborted body and a 404 without JSON are not counted as failures', async (t) => {
  const notFound = await startRawServer(t, 'HTTP/1.1 404 Not Found\r\ncontent-length: 6\r\n\r\n<html>')
  const { app } = await build(t, notFound.url)
  for (let count = 0; count < VOLUME * 3; count++) t.equal((await app.inject('/plain')).statusCode, 502)
  t.match(app.resilience.get('fetch')!.state, 'closed')

  const hanging = await startRawServer(t, `${ok}content-length: 9\r\n\r\n`, { close: false })
  const { app: other } = await build(t, hanging.url)
  const deadline = { 'x-envoy-expected-rq-timeout-ms': '20' }
  for (let count = 0; count < VOLUME * 3; count++) {
    const controller = new AbortController()
    const response = await other.resilience.fetch(null, hanging.url, { signal: controller.signal })
    const text = response.text()
    controller.abort()
    await t.rejects(text, { code: 'CALL_CANCELED' })
    t.equal((await other.inject({ url: '/plain', headers: deadline })).statusCode, 504)
  }
  t.match(other.resilience.get('fetch')!.state, 'closed')
})

t.test('reading a body twice causes 500 and is not counted as a failure', async (t) => {
  const { url } = await startRawServer(t, `${ok}content-length: 5\r\n\r\n["a"]`)
  const { app } = await build(t, url)
  app.get('/twice', async (request) => {
    const response = await app.resilience.fetch(request, url)
    await response.json()
    return response.json()
  })
  for (let count = 0; count < VOLUME * 3; count++) t.equal((await app.inject('/twice')).statusCode, 500)
  t.match(app.resilience.get('fetch')!.state, 'closed')
})
