import t from 'tap'
import { build } from './support.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const traceparent = `00-${parent.traceId}-${parent.spanId}-01`

for (const [name, id] of Object.entries({
  'an overlong id': 'x'.repeat(8000),
  'an id with a line break in it': 'a%0Ab c',
  'an empty id': '',
  'an id with quotes': '"},{"admin":true'
})) {
  t.test(`${name} is replaced by a fresh one`, async (t) => {
    const { app, text } = await build(t, {}, (app) => app.get('/', async ({ id }) => id))
    const response = await app.inject({ url: '/', headers: { 'x-correlation-id': id } })
    t.match(response.headers['x-correlation-id'], uuid)
    t.equal(response.body, response.headers['x-correlation-id'])
    if (id !== '') t.notOk(text().includes(id))
  })
}

t.test('the id is on every line of the request and on each kind of answer', async (t) => {
  const { app, lines } = await build(t, {}, (app) => {
    app.get('/', async ({ log }) => log.info('inside') as never)
    app.get('/boom', async () => Promise.reject(new Error('boom')))
  })
  for (const url of ['/', '/boom', '/nowhere', '/%zz']) {
    const before = lines().length
    const response = await app.inject({ url, headers: { 'x-correlation-id': `id${before}`, traceparent } })
    t.equal(response.headers['x-correlation-id'], `id${before}`, url)
    for (const line of lines().slice(before))
      t.match(line, { correlationId: `id${before}`, traceId: parent.traceId })
  }
})

t.test('the header may have another name, and another maker of ids', async (t) => {
  const correlation = { header: 'X-Request-Id', generate: () => 'made-here' }
  const { app } = await build(t, { correlation }, (app) => app.get('/', async ({ id }) => id))
  const fresh = await app.inject('/')
  const given = await app.inject({ url: '/', headers: { 'x-request-id': 'given' } })
  t.match([fresh.headers['x-request-id'], given.headers['x-request-id']], ['made-here', 'given'])
})

t.test('only trusted peers bring ids and traces', async (t) => {
  const routes = (app: Parameters<NonNullable<Parameters<typeof build>[2]>>[0]) =>
    void app.get('/', async (...[request]) => app.observability.headers(request))
  const { app } = await build(t, { correlation: { trust: ['10.0.0.0/8'] } }, routes)
  const headers = { 'x-correlation-id': 'theirs', traceparent }
  const stranger = await app.inject({ url: '/', headers, remoteAddress: '192.0.2.1' })
  const friend = await app.inject({ url: '/', headers, remoteAddress: '10.1.2.3' })
  t.match(stranger.headers['x-correlation-id'], uuid)
  t.notMatch(stranger.json(), { traceparent: new RegExp(parent.traceId) })
  t.match(friend.json(), {
    'x-correlation-id': 'theirs',
    traceparent: new RegExp(`^00-${parent.traceId}-(?!${parent.spanId})[0-9a-f]{16}-01$`)
  })
})

// What W3C's own harness asks of a service, as cases: which traceparent is taken over, and which tracestate with it.
const traceparents: [name: string, header: string, taken: boolean][] = [
  ['version 00', traceparent, true],
  [
    'a later version with more parts',
    `cc-${parent.traceId}-${parent.spanId}-01-what-the-future-will-be-like`,
    true
  ],
  ['a later version without more', `cc-${parent.traceId}-${parent.spanId}-01`, true],
  ['a later version with a stray tail', `cc-${parent.traceId}-${parent.spanId}-01.what`, false],
  ['version 00 with a tail', `${traceparent}-what`, false],
  ['version ff', `ff-${parent.traceId}-${parent.spanId}-01`, false],
  ['upper case', traceparent.toUpperCase(), false],
  ['a trace id of zeroes', `00-${'0'.repeat(32)}-${parent.spanId}-01`, false],
  ['a parent id of zeroes', `00-${parent.traceId}-${'0'.repeat(16)}-01`, false],
  ['an illegal character', traceparent.replace('c-', '.-'), false],
  ['a short trace id', `00-${parent.traceId.slice(1)}-${parent.spanId}-01`, false],
  ['illegal flags', traceparent.replace(/01$/, '.0'), false],
  ['two headers', `${traceparent}, ${traceparent}`, false]
]
for (const [name, header, taken] of traceparents) {
  t.test(`a traceparent with ${name} is ${taken ? 'continued' : 'replaced'}`, async (t) => {
    const { app } = await build(t, {}, (app) =>
      app.get('/', async (...[request]) => app.observability.headers(request))
    )
    const response = await app.inject({ url: '/', headers: { traceparent: header, tracestate: 'foo=1' } })
    const out = response.json<{ traceparent: string; tracestate?: string }>()
    t.match(out.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
    t.equal(out.traceparent.includes(parent.traceId), taken)
    t.equal(out.tracestate, taken ? 'foo=1' : undefined)
  })
}

const states: [name: string, header: string, passed: string | undefined][] = [
  ['several members', 'foo=1,bar=2', 'foo=1,bar=2'],
  ['blanks and empty members', 'foo=1 \t , \t bar=2, ,', 'foo=1,bar=2'],
  ['a tenant', 'fw529a3039@dt=FfD', 'fw529a3039@dt=FfD'],
  ['an illegal key', 'foo =1', undefined],
  ['an upper-case key', 'FOO=1', undefined],
  ['an unfinished tenant', 'foo@=1,bar=2', undefined],
  ['an illegal value', 'foo=bar=baz', undefined],
  ['a member that is none', 'foo', undefined],
  ['an overlong key', `${'z'.repeat(257)}=1`, undefined],
  [
    '32 members',
    Array.from({ length: 32 }, (_, n) => `k${n}=1`).join(),
    Array.from({ length: 32 }, (_, n) => `k${n}=1`).join()
  ],
  ['33 members', Array.from({ length: 33 }, (_, n) => `k${n}=1`).join(), undefined]
]
for (const [name, header, passed] of states) {
  t.test(`a tracestate with ${name} is ${passed === undefined ? 'dropped' : 'passed on'}`, async (t) => {
    const { app } = await build(t, {}, (app) =>
      app.get('/', async (...[request]) => app.observability.headers(request))
    )
    const response = await app.inject({ url: '/', headers: { traceparent, tracestate: header } })
    t.equal(response.json<{ tracestate?: string }>().tracestate, passed)
  })
}
