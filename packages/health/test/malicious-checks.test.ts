import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import { provide, reporterPort } from '@seaworthy/contract'
import { health } from '../src/index.ts'

const fail = (what: string): never => {
  throw new Error(what)
}
const error = (properties: PropertyDescriptorMap) => Object.defineProperties(new Error('refused'), properties)
const getter = { get: () => fail('a getter'), enumerable: true, configurable: true }
const cyclic: Error & { self?: unknown } = new Error('round and round')
cyclic.cause = cyclic
cyclic.self = cyclic

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** Values that a check may throw, and the messages that operators see. */
const malicious: [string, unknown, RegExp][] = [
  ['an object without a prototype', Object.create(null), /cannot be read/],
  ['a revoked proxy', revoked(), /cannot be read/],
  [
    'a proxy that traps everything',
    new Proxy(new Error('x'), { get: () => fail('a trap') }),
    /cannot be read/
  ],
  ['a message that throws', error({ message: getter }), /cannot be read/],
  ['a stack that throws', error({ stack: getter }), /^refused$/],
  ['a cause that throws', error({ cause: getter }), /^refused$/],
  ['a property that throws', error({ address: getter }), /^refused$/],
  ['toJSON that throws', error({ toJSON: { value: () => fail('toJSON'), enumerable: true } }), /^refused$/],
  ['a message that is no text', error({ message: { value: { a: 1 } } }), /^\[object Object\]$/],
  ['a cyclic cause', cyclic, /^round and round$/],
  ['a symbol', Symbol('no'), /^Symbol\(no\)$/],
  ['undefined', undefined, /^the check threw nothing$/],
  ['a huge message', new Error('x'.repeat(1_000_000)), /^x{1000}…$/],
  [
    'a credential at the edge',
    new Error(`${'x'.repeat(980)} redis://user:hunter2${'3'.repeat(50)}@db`),
    /^(?!.*hunter)/
  ]
]

for (const [what, value, message] of malicious) {
  t.test(`a check and a task that throw ${what} do not keep the probes from responding`, async (t) => {
    const lines: string[] = []
    const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => lines.push(line) } } })
    t.teardown(() => app.close())
    await app.register(
      fp(async (fastify) =>
        provide(fastify, reporterPort, {
          report: () => fail('the reporter'),
          flush: async () => undefined
        })
      )
    )
    await app.register(health, {
      cacheFor: 0,
      checks: {
        sync: () => {
          throw value
        },
        later: () => Promise.reject(value)
      },
      startupTasks: { warm: () => Promise.reject(value) }
    })
    await app.ready()

    for (let i = 0; i < 2; i++) {
      const ready = await app.inject('/health/ready')
      t.equal(ready.statusCode, 503)
      t.strictSame(ready.json().checks, { sync: false, later: false, warm: false })
      t.equal((await app.inject('/health/live')).statusCode, 200)
    }
    const { checks, history } = JSON.parse(JSON.stringify(await app.health.check()))
    for (const error of [checks.sync.error, checks.later.error, history[0].error]) t.match(error, message)
    for (const name of ['"sync" fails', '"later" fails', '"warm" failed']) {
      const logged = lines.filter((line) => JSON.parse(line).msg.includes(name))
      t.equal(logged.length, 1, name)
    }
  })
}

t.test('values that a check returns may fail when they are read', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const shared = {
    status: 'pass',
    detail: { size: 1n, at: new Date(0), free: 0.5 } as Record<string, unknown>
  }
  await app.register(health, {
    checks: {
      shared: () => shared,
      status: () => Object.defineProperty({}, 'status', getter),
      thenable: () => new Proxy({}, { get: () => fail('a trap') }),
      revoked: () => revoked()
    }
  })
  const ready = await app.inject('/health/ready')
  t.strictSame(ready.json().checks, { shared: true, status: false, thenable: false, revoked: false })
  shared.detail.free = 0
  const { checks } = JSON.parse(JSON.stringify(app.health.status()))
  t.match(
    checks.shared.detail,
    { size: '1', at: /1970/, free: 0.5 },
    'it is a copy with values that JSON can represent'
  )
})
