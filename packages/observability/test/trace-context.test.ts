// The cases of W3C's test harness for Trace Context, sent to a real server that calls another one.
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startIntake, startNode } from '@seaworthy/testing'
import { build, listen } from './helpers.ts'

const trace = '12345678901234567890123456789012'
const span = '1234567890123456'
const parent = `00-${trace}-${span}-01`

type Headers = (readonly [name: string, value: string])[]
interface Case {
  name: string
  headers: Headers
  /** Whether the caller's trace goes on. */
  continued: boolean
  /** The tracestate that the callee gets. */
  state?: string | undefined
}

const parents: [name: string, value: string, continued: boolean][] = [
  ['version 00', parent, true],
  ['version 00, not sampled', `00-${trace}-${span}-00`, true],
  ['blanks around it', ` \t${parent} \t`, true],
  ['a later version', `cc-${trace}-${span}-01`, true],
  ['a later version with more parts', `cc-${trace}-${span}-01-what-the-future-will-be-like`, true],
  ['a later version with a stray tail', `cc-${trace}-${span}-01.what-the-future-will-be-like`, false],
  ['version 00 with a tail', `${parent}-what-the-future-will-not-be-like`, false],
  ['version 00 with a dot and a tail', `${parent}.what`, false],
  ['version ff', `ff-${trace}-${span}-01`, false],
  ['an illegal version', `.0-${trace}-${span}-01`, false],
  ['another illegal version', `0.-${trace}-${span}-01`, false],
  ['a version too long', `000-${trace}-${span}-01`, false],
  ['a version too short', `0-${trace}-${span}-01`, false],
  ['a trace id of zeroes', `00-${'0'.repeat(32)}-${span}-01`, false],
  ['an illegal trace id', `00-.${trace.slice(1)}-${span}-01`, false],
  ['another illegal trace id', `00-${trace.slice(1)}.-${span}-01`, false],
  ['a trace id in upper case', `00-${'ABCDEF'.padEnd(32, '1')}-${span}-01`, false],
  ['a trace id too long', `00-${trace}3-${span}-01`, false],
  ['a trace id too short', `00-${trace.slice(1)}-${span}-01`, false],
  ['a parent id of zeroes', `00-${trace}-${'0'.repeat(16)}-01`, false],
  ['an illegal parent id', `00-${trace}-.${span.slice(1)}-01`, false],
  ['a parent id in upper case', `00-${trace}-${'ABCDEF'.padEnd(16, '1')}-01`, false],
  ['a parent id too long', `00-${trace}-${span}7-01`, false],
  ['a parent id too short', `00-${trace}-${span.slice(1)}-01`, false],
  ['illegal flags', `00-${trace}-${span}-.0`, false],
  ['other illegal flags', `00-${trace}-${span}-0.`, false],
  ['flags in upper case', `00-${trace}-${span}-0A`, false],
  ['flags too long', `00-${trace}-${span}-001`, false],
  ['flags too short', `00-${trace}-${span}-1`, false],
  ['nothing in it', '', false],
  ['8,000 characters', parent.padEnd(8000, '-0'), false]
]

const members = (count: number) => Array.from({ length: count }, (_, n) => `bar${n}=${n}`).join(',')
const states: [name: string, values: string[], state: string | undefined][] = [
  ['two members', ['foo=1,bar=2'], 'foo=1,bar=2'],
  ['two headers', ['foo=1', 'bar=2'], 'foo=1,bar=2'],
  ['two headers of several', ['foo=1,rojo=2', 'bar=3'], 'foo=1,rojo=2,bar=3'],
  ['an empty header', [''], undefined],
  ['an empty header among others', ['foo=1', '', 'bar=2'], 'foo=1,bar=2'],
  ['blanks', ['foo=1 \t , \t bar=2, \t baz=3'], 'foo=1,bar=2,baz=3'],
  ['blanks at its ends', [' foo=1 \t'], 'foo=1'],
  [
    'all that a key may have',
    ['abcdefghijklmnopqrstuvwxyz0123456789_-*/=1'],
    'abcdefghijklmnopqrstuvwxyz0123456789_-*/=1'
  ],
  ['all that a tenant may have', ['0a_-*/@a-z*/_0=1'], '0a_-*/@a-z*/_0=1'],
  [
    'all that a value may have',
    ['foo=!"#$%&\'()*+-./0123456789:;<>?@AZ[\\]^_`az{|}~'],
    'foo=!"#$%&\'()*+-./0123456789:;<>?@AZ[\\]^_`az{|}~'
  ],
  ['a blank within a value', ['foo=a b'], 'foo=a b'],
  ['a key of 256', [`${'z'.repeat(256)}=1`], `${'z'.repeat(256)}=1`],
  [
    'a tenant of 241 and a system of 14',
    [`${'t'.repeat(241)}@${'v'.repeat(14)}=1`],
    `${'t'.repeat(241)}@${'v'.repeat(14)}=1`
  ],
  ['a value of 256', [`foo=${'v'.repeat(256)}`], `foo=${'v'.repeat(256)}`],
  ['32 members', [members(32)], members(32)],
  ['33 members', [members(33)], undefined],
  ['33 members in two headers', [members(32), 'foo=1'], undefined],
  ['a key of 257', [`${'z'.repeat(257)}=1`], undefined],
  ['a tenant of 242', [`${'t'.repeat(242)}@v=1`], `${'t'.repeat(242)}@v=1`],
  ['a system of 15', [`t@${'v'.repeat(15)}=1`], `t@${'v'.repeat(15)}=1`],
  ['a tenant and a system of 257', [`${'t'.repeat(242)}@${'v'.repeat(14)}=1`], undefined],
  ['a value of 257', [`foo=${'v'.repeat(257)}`], undefined],
  ['a blank within a key', ['foo =1'], undefined],
  ['an upper-case key', ['FOO=1'], undefined],
  ['a dot in a key', ['foo.bar=1'], undefined],
  ['a key without a beginning', ['@foo=1,bar=2'], undefined],
  ['a key without an end', ['foo@=1,bar=2'], 'foo@=1,bar=2'],
  ['two at signs', ['foo@@bar=1,bar=2'], 'foo@@bar=1,bar=2'],
  ['three parts', ['foo@bar@baz=1,bar=2'], 'foo@bar@baz=1,bar=2'],
  ['an equals sign in a value', ['foo=bar=baz'], undefined],
  ['no value', ['foo=,bar=3'], undefined],
  ['no equals sign', ['foo'], undefined]
]

const cases: Case[] = [
  { name: 'no header at all', headers: [], continued: false },
  { name: 'a tracestate without a traceparent', headers: [['tracestate', 'foo=1']], continued: false },
  {
    name: 'a traceparent under a wrong name',
    headers: [
      ['trace-parent', parent],
      ['tracestate', 'foo=1']
    ],
    continued: false
  },
  ...['traceparent', 'TraceParent', 'TRACEPARENT'].map((name) => ({
    name: `a header called ${name}`,
    headers: [
      [name, parent],
      [name.replace(/parent/i, (end) => (end === 'PARENT' ? 'STATE' : 'State')), 'foo=1']
    ] as Headers,
    continued: true,
    state: 'foo=1'
  })),
  {
    name: 'two traceparents',
    headers: [
      ['traceparent', parent],
      ['traceparent', parent.replace('12345', '54321')],
      ['tracestate', 'foo=1']
    ],
    continued: false
  },
  ...parents.map(([name, value, continued]) => ({
    name: `a traceparent with ${name}`,
    headers: [
      ['traceparent', value],
      ['tracestate', 'foo=1']
    ] as Headers,
    continued,
    state: continued ? 'foo=1' : undefined
  })),
  ...states.map(([name, values, state]) => ({
    name: `a tracestate with ${name}`,
    headers: [['traceparent', parent], ...values.map((value) => ['tracestate', value] as const)] as Headers,
    continued: true,
    state
  }))
]

const send = async (port: number, path: string, headers: Headers): Promise<void> =>
  new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, agent: false }, (response) =>
      response.resume().on('end', resolve)
    )
    const names = new Set(headers.map(([name]) => name))
    for (const name of names) {
      sent.setHeader(
        name,
        headers.flatMap(([other, value]) => (other === name ? [value] : []))
      )
    }
    sent.on('error', reject).end()
  })

t.test("each of W3C's cases continues or replaces the trace in the outgoing requests", async (t) => {
  const upstream = await startIntake(t)
  const { app, requests } = await build(t, { correlation: { context: true } }, (app) => {
    app.get('/', async () => {
      await Promise.all([fetch(`${upstream.url}/a`), fetch(`${upstream.url}/b`)])
      return 'ok'
    })
  })
  const port = await listen(app)
  const fresh = new Set<string>()
  for (const { name, headers, continued, state } of cases) {
    const before = upstream.requests.length
    await send(port, '/', headers)
    const calls = upstream.requests.slice(before)
    t.equal(calls.length, 2, name)
    for (const call of calls) {
      const { traceparent, tracestate } = call.headers as { traceparent: string; tracestate?: string }
      t.match(traceparent, /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[013]$/, name)
      const [, traceId, spanId, flags] = traceparent.split('-')
      t.equal(traceId === trace, continued, `${name}: ${traceparent}`)
      t.not(spanId, span, `${name}: a span of its own`)
      t.equal(tracestate, state, name)
      // A new trace does not switch off the sampling of the services behind.
      t.equal(flags, continued ? (name.includes('not sampled') ? '00' : '01') : '03', name)
      t.equal(requests().at(-1)?.traceId, traceId, 'the line has the same trace')
    }
    if (!continued) fresh.add(requests().at(-1)!.traceId!)
  }
  t.equal(fresh.size, cases.filter(({ continued }) => !continued).length, 'each new trace differs')
})

for (const [IN_HOOKS, LATE] of [
  ['0', '0'],
  ['1', '0'],
  ['0', '1'],
  ['1', '1']
]) {
  t.test(
    `@fastify/otel alone shares its trace; spans of hooks: ${IN_HOOKS}, after us: ${LATE}`,
    async (t) => {
      const app = fileURLToPath(new URL('fixtures/otel-app.ts', import.meta.url))
      const service = startNode(t, app, {
        env: { IN_HOOKS, LATE, OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }
      })
      t.equal((await service.exit).code, 0, service.output())
      const logs = service.logs()
      const spans = logs.filter(({ msg }) => msg === 'span')
      const [mine, completed] = ['mine', 'request completed'].map((name) =>
        logs.filter(({ msg }) => msg === name)
      )
      t.equal(spans.length, 2)
      for (const [index, { traceId, spanId, traceparent }] of spans.entries()) {
        t.equal(traceparent, `00-${String(traceId)}-${String(spanId)}-01`)
        t.match(mine![index], { traceId })
        t.match(completed![index], { traceId, spanId })
      }
      t.equal(spans[1]!.traceId, '1'.repeat(32))
    }
  )
}
