// Planted secrets, in the shapes that messages have, on every path by which this package writes text.
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { inspect, types } from 'node:util'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { Gauge } from 'prom-client'
import t, { type Test } from 'tap'
import { managementPort, whenProvided } from '@seaworthy/contract'
import {
  observability,
  observabilityServerOptions,
  type ObservabilityOptions
} from '@seaworthy/observability'

const sentinel = 'Pl4nt3dS3ntinel'

/** Texts in which libraries and people write secrets. */
const shapes: readonly string[] = [
  `connect ECONNREFUSED redis://:${sentinel}@cache:6379`,
  `bad dsn postgres://app:pa/${sentinel}@db/app`,
  `clone https://${sentinel}@git.example/o/r failed`,
  `sent Cookie: theme=dark; sid=${sentinel}; other=${sentinel}`,
  `Authorization: Custom ${sentinel}`,
  `-----BEGIN PRIVATE KEY-----\n${sentinel}\n-----END PRIVATE KEY-----`,
  `secretAccessKey: ${sentinel}`,
  `{"resetToken":"${sentinel}"}`,
  `GET /join?inviteCode=${sentinel}&x=1`,
  `api_key=${sentinel}`,
  `Bearer ${sentinel}`
]

/** A shape at any place of a text, so that the places where texts are cut meet each part of it. */
const planted: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...shapes),
    fc.constantFrom(0, 60, 500, 1000, 1010, 1020, 4070, 4090),
    fc.integer({ min: 0, max: 40 }),
    fc.constantFrom(0, 100, 5000)
  )
  .map(([shape, before, more, after]) => `${'x'.repeat(before + more)} ${shape} ${'y'.repeat(after)}`)

type Log = FastifyInstance['log']

/** Lines that a service writes by itself. */
const ownLines: Record<string, (log: Log, text: string) => void> = {
  'an error': (log, text) => log.error(new Error(text)),
  'an error as err': (log, text) => log.error({ err: new Error(text) }),
  'an error with its message': (log, text) => log.error({ err: new Error(text) }, text),
  'an error under another name': (log, text) =>
    log.error({ problem: Object.assign(new Error(text), { text }) }),
  'a cause': (log, text) => log.error({ err: new Error('outer', { cause: new Error(text) }) }, 'failed'),
  'a message': (log, text) => log.info(text),
  'a value in a message': (log, text) => log.info('it said %s', text),
  'an object in a message': (log, text) => log.info('it said %j', { text }),
  'a field': (log, text) => log.info({ text }, 'field'),
  'a member of a member': (log, text) => log.info({ a: { b: [{ text }] } }, 'deep'),
  'members by their names': (log) =>
    log.info({ apiKey: sentinel, a: { privateKey: sentinel, list: [{ tokens: [sentinel] }] } }, 'names'),
  'an instance of a class': (log) => log.info({ config: new Config() }, 'instance'),
  'fields of a child': (log, text) => log.child({ text, apiKey: sentinel }).info('child'),
  'fields that are set later': (log, text) => {
    const child = log.child({}) as Log & { setBindings(bindings: object): void }
    child.setBindings({ text, resetToken: sentinel })
    child.child({ err: new Error(text) }).info('grandchild')
  },
  'an error of another realm': (log, text) => {
    const error = runInNewContext('Object.assign(new TypeError(text), { text })', { text }) as Error
    log.error(error)
    log.error({ err: error, problem: error }, text)
  }
}

class Config {
  host = 'db'
  password = sentinel
}

/** Values that a request may throw. */
const thrown: Record<string, (text: string) => unknown> = {
  'an error': (text) => new Error(text),
  'a cause': (text) => new Error('outer', { cause: new Error(text) }),
  'errors of an aggregate': (text) => new AggregateError([new Error(text)], text),
  'a code': (text) => Object.assign(new Error('x'), { code: text }),
  'the code of a client error': (text) => Object.assign(new Error('x'), { statusCode: 404, code: text }),
  'members of an HTTP client': (text) =>
    Object.assign(new Error('x'), { config: { headers: { cookie: text } } }),
  'a text': (text) => text,
  'an object': (text) => ({ message: text, text })
}

/** The text around each secret. */
const leaks = (text: string): string => [...text.matchAll(/.{0,200}Pl4nt3d.{0,40}/g)].join('\n')

interface Kept {
  app: FastifyInstance
  text: () => string
}

async function start(
  t: Test,
  makeServer: (stream: { write(line: string): void }) => object,
  options: ObservabilityOptions = {}
): Promise<Kept> {
  let text = ''
  const app = Fastify(makeServer({ write: (line) => void (text += line) })) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(observability, options)
  return { app, text: () => text }
}

const loggers: Record<string, (stream: { write(line: string): void }) => object> = {
  default: (stream) => observabilityServerOptions({ logger: { stream } }),
  ecs: (stream) => observabilityServerOptions({ logger: { stream }, logging: { schema: 'ecs' } }),
  otel: (stream) => observabilityServerOptions({ logger: { stream }, logging: { schema: 'otel' } }),
  gcp: (stream) => observabilityServerOptions({ logger: { stream }, logging: { schema: 'gcp' } }),
  redacting: (stream) => observabilityServerOptions({ logger: { stream, redact: ['none'] } }),
  "the app's own pino": (stream) => observabilityServerOptions({ loggerInstance: pino({}, stream) }),
  'no server options': (stream) => ({ logger: { stream }, disableRequestLogging: true })
}

for (const [name, makeServer] of Object.entries(loggers)) {
  t.test(`a request's line has no planted secret, whatever fails: ${name}`, async (t) => {
    let value: unknown
    const fail = (): never => {
      throw value as Error
    }
    const fields = () => ({ text: typeof value === 'string' ? value : 'x', resetToken: sentinel })
    const { app, text } = await start(t, makeServer, {
      logging: { fields },
      errorTracking: { sink: fail, userId: fail }
    })
    app.setErrorHandler((error: { statusCode?: number }, _request, reply) =>
      reply.code(error?.statusCode ?? 500).send('sorry')
    )
    app.get('/handler', fail)
    app.get('/hook', { onRequest: async () => fail() }, async () => 1)
    app.get('/later', { onResponse: async () => fail() }, async () => 1)
    app.get('/again', { errorHandler: fail }, async () => Promise.reject(new Error('first')))
    app.get('/failing-fields/:name', async () => 1)
    const mine = new Gauge({ name: 'mine', help: 'x', registers: [], collect: fail })
    app.observability.registry.registerMetric(mine)
    await app.ready()

    await fc.assert(
      fc.asyncProperty(planted, fc.constantFrom(...Object.values(thrown)), async (planted, make) => {
        value = make(planted)
        const before = text().length
        for (const url of ['/handler', '/hook', '/later', '/again', '/failing-fields/x'])
          await app.inject(url)
        app.observability.captureError(value)
        const written = text().slice(before) + (await app.observability.metrics())
        return leaks(written) === '' || Promise.reject(new Error(leaks(written)))
      }),
      { numRuns: 12 }
    )
    t.match(text(), /redacted/)
  })
}

/** Everything that the listener shows to an operator: its pages and data, and the first event. */
async function operatorsText({ observability: { management } }: FastifyInstance): Promise<string> {
  const paths = ['/', '/status.json', '/info', '/metrics', '/nowhere', `/status.json?worker=${sentinel}`]
  const answers = await Promise.all(paths.map(async (path) => management!.inject(path)))
  const [events] = (await once(get({ port: management!.port, path: '/events' }), 'response')) as [
    IncomingMessage
  ]
  let text = answers.map(({ body }) => body).join('\n')
  for await (const part of events.setEncoding('utf8')) {
    text += part as string
    if (/\ndata: .*\n\n/.test(text)) break
  }
  return text
}

t.test('the listener of operators shows no planted secret', async (t) => {
  let value: unknown
  const fail = (): never => {
    throw value as Error
  }
  const { app, text } = await start(t, loggers.default!, {
    management: { port: 0, recentRequests: true },
    correlation: { generate: () => `token-${sentinel}`.repeat(9) }
  })
  app.get('/fails/:resetToken', fail)
  app.get('/slow', { config: { observability: { slowThreshold: 0 } } }, async () => 1)
  whenProvided(app, managementPort, (management) => {
    management.section('failing', fail)
    management.section('live', () => ({ text: messageOf(value), apiKey: sentinel, error: value }))
    management.section('details', () => ({ text: messageOf(value) }), { live: false })
    management.route({ method: 'POST', url: '/do', handler: fail })
  })
  await app.ready()
  await fc.assert(
    fc.asyncProperty(planted, fc.constantFrom(...Object.values(thrown)), async (planted, make) => {
      value = make(planted)
      for (const url of [
        `/fails/${sentinel}?token=${sentinel}`,
        `/slow?token=${sentinel}`,
        `/none/token=${sentinel}`
      ])
        await app.inject({ url, headers: { 'x-correlation-id': `a ${sentinel}` } })
      const { management } = app.observability
      const payload = { password: sentinel, text: planted }
      const { body } = await management!.inject({ method: 'POST', url: `/do?token=${sentinel}`, payload })
      const shown = body + (await operatorsText(app)) + text()
      return leaks(shown) === '' || Promise.reject(new Error(leaks(shown)))
    }),
    { numRuns: 12 }
  )
})

const messageOf = (value: unknown): string => (value instanceof Error ? value.message : String(value))

t.test('messages at the start show no planted secret', async (t) => {
  for (const shape of shapes) {
    for (const options of [
      { errorTracking: { dsn: shape } },
      { errorTracking: { sink: shape } },
      { errorTracking: { dsn: shape, sink: () => 1 } },
      { metrics: { token: `${sentinel} ` } },
      { metrics: { token: { password: shape } } },
      { metrics: { otlp: { endpoint: shape, headers: { authorization: shape } } } },
      { management: { port: 0, token: [shape] } },
      { management: { port: shape } },
      { logging: { schema: shape } },
      { correlation: { trust: [shape] } }
    ]) {
      const { app, text } = await start(t, loggers.default!)
      const bare = Fastify({ logger: false })
      t.teardown(() => bare.close())
      const failure: unknown = await (async () => {
        await bare.register(observability, options as ObservabilityOptions)
        await bare.ready()
      })().catch((error: unknown) => error)
      app.log.fatal(failure)
      t.notMatch(inspect(failure, { depth: 9 }) + text(), sentinel, JSON.stringify(options))
      await app.close()
    }
  }
})

t.test('a sink of the app gets errors and contexts without planted secrets', async (t) => {
  let reports: unknown[] = []
  const sink = (error: unknown, context: object) => void reports.push(error, context)
  const { app } = await start(t, loggers.default!, { errorTracking: { sink, maxPerMinute: 10_000 } })
  await app.ready()
  await fc.assert(
    fc.asyncProperty(planted, fc.constantFrom(...Object.values(thrown)), async (planted, make) => {
      reports = []
      const error = make(planted)
      app.observability.captureError(error, { source: 'job', text: planted, apiKey: sentinel })
      const [sent] = reports
      const text = inspect(reports, { depth: 20, showHidden: true, maxStringLength: null })
      if (leaks(text) !== '') throw new Error(leaks(text))
      return reports.length === 2 && types.isNativeError(sent) === types.isNativeError(error)
    }),
    { numRuns: 60 }
  )
})

t.test('a sink gets the error itself where it has no secret, else one of its class', async (t) => {
  class PaymentError extends RangeError {
    override name = 'PaymentError'
    status = 502
    url = new URL(`https://user:${sentinel}@host/a`)
    get retries() {
      return this.status === 502
    }
  }
  const seen: unknown[] = []
  const sink = (error: unknown) => void seen.push(error)
  const { app } = await start(t, loggers.default!, { errorTracking: { sink } })
  const plain = Object.assign(new Error('out of stock', { cause: new Error('inner') }), { order: { id: 7 } })
  const secret = new PaymentError(`no https://${sentinel}@host`, {
    cause: new TypeError(`token=${sentinel}`)
  })
  for (const error of [plain, secret]) app.observability.captureError(error)
  t.equal(seen[0], plain)
  const copy = seen[1] as PaymentError
  t.ok(copy instanceof PaymentError && copy.cause instanceof TypeError && copy.retries)
  t.match(copy, { message: /^no https:\/\/.*@host/, name: 'PaymentError', status: 502 })
  t.match(copy.stack, /secrets\.test/)
  t.match(secret.message, sentinel, 'the original stays as it is')
  const proxy = new Proxy(new Error('x'), {
    get: () => {
      throw new Error(sentinel)
    }
  })
  for (const odd of [
    proxy,
    Object.defineProperty(new Error('y'), 'z', {
      get: () => {
        throw new Error(sentinel)
      }
    })
  ])
    app.observability.captureError(odd)
  t.notMatch(inspect(seen.slice(1), { depth: 9 }), sentinel)
})

t.test('the lines of a service show no secret of a value with a form of its own', async (t) => {
  const { app, text } = await start(t, loggers.default!)
  app.log.info({ url: new URL(`redis://:${sentinel}@cache`), when: new Date(0) }, 'url')
  app.log.info({ headers: { toJSON: () => ({ authorization: `Bearer ${sentinel}` }) } }, 'headers')
  app.log.info({ own: { toJSON: () => ({ count: 1 }) } }, 'own')
  t.notMatch(text(), sentinel)
  t.match(text(), /1970-01-01T00:00:00\.000Z[^]*"own":\{"count":1\}/)
})

t.test('the lines of a service show no secret beside its name, and no bytes', async (t) => {
  const { app, text } = await start(t, loggers.default!)
  const bytes = Buffer.from(sentinel)
  for (const fields of [
    { rawHeaders: ['Host', 'a', 'X-Api-Key', sentinel] },
    { headers: ['x-auth', sentinel, 'accept', '*/*'] },
    { entries: [...new Map([['x-api-key', sentinel]])] },
    { command: { name: 'auth', args: ['default', sentinel] } },
    { argv: ['node', 'app.js', '--db-password', sentinel, '--verbose'] },
    { env: [{ name: 'DB_PASSWORD', value: sentinel }] },
    { jar: [{ key: 'sid', value: sentinel, path: '/' }] },
    { body: bytes, part: { bytes: new Uint8Array(bytes) } }
  ]) {
    app.log.info(fields, 'fields')
    app.log.info({ err: { message: 'x', ...fields } }, 'members of err')
  }
  for (const line of [
    `<password>${sentinel}</password>`,
    `negotiate ${sentinel}`,
    `ALTER USER app PASSWORD '${sentinel}'`
  ])
    app.log.info(line)
  t.notMatch(text(), sentinel)
  t.notMatch(text(), [...bytes.subarray(0, 6)].join(), 'no numbers of the bytes')
  t.match(text(), /"body":"\(15 bytes\)"/)
})

t.test('a mixin of the app adds no secret to a line', async (t) => {
  const mixin = () => ({ tenant: 'a', apiKey: sentinel })
  const { app, text } = await start(t, (stream) => observabilityServerOptions({ logger: { stream, mixin } }))
  app.get('/', async ({ log }) => log.info('mine') ?? 1)
  await app.inject('/')
  t.match(text(), /"tenant":"a"[^]*"tenant":"a"/)
  t.notMatch(text(), sentinel)
})

t.test("the app's own pino keeps what it does with the fields of children", async (t) => {
  let text = ''
  const loggerInstance = pino({}, { write: (line: string) => void (text += line) })
  const { child } = loggerInstance
  const app = Fastify(observabilityServerOptions({ loggerInstance }))
  t.teardown(() => app.close())
  await app.register(observability)
  t.equal(loggerInstance.child, child)
})

for (const name of ['default', 'ecs', 'otel', 'gcp']) {
  t.test(`what a service writes by itself has no planted secret: ${name}`, async (t) => {
    const { app, text } = await start(t, loggers[name]!)
    await app.ready()
    for (const [line, write] of Object.entries(ownLines)) {
      fc.assert(
        fc.property(planted, (planted) => {
          const before = text().length
          write(app.log, planted)
          const written = text().slice(before)
          if (leaks(written) !== '') throw new Error(`${line}: ${leaks(written)}`)
          return written.endsWith('}\n')
        }),
        { numRuns: 12 }
      )
      t.ok(text().length > 0, line)
    }
  })
}

t.test(
  'an address has no planted secret in the log: a route’s, an unknown one, a malformed one',
  async (t) => {
    const { app, text } = await start(t, loggers.default!)
    app.get('/reset/:resetToken', async () => 1)
    app.get('/*', async () => 1)
    for (const url of [
      `/verify/eyJhbGciOiJIUzI1NiJ9.eyJzdWIi${sentinel}.c2ln`,
      `/reset/${sentinel}`,
      `/x?token=${sentinel}`,
      `/x;jsessionid=${sentinel}`,
      `/callback&token=${sentinel}`,
      `/proxy/https://user:${sentinel}@host/x`,
      `/proxy/redis%3A%2F%2F%3A${sentinel}%40cache`,
      `/%zz?token=${sentinel}`,
      `/%zz/password=${sentinel}`
    ]) {
      await app.inject(url)
      t.notMatch(text(), sentinel, url)
    }
  }
)

t.test('a value without secrets is written as it is', async (t) => {
  const { app, text } = await start(t, loggers.default!)
  const fields = {
    count: 1,
    on: true,
    hasPassword: true,
    none: null,
    date: new Date(0),
    list: ['a', { b: 'c: d' }],
    url: 'https://example.com/a?b=c'
  }
  app.log.info(fields, 'done: %s', '10:30')
  const { level, time, pid, hostname, msg, ...written } = JSON.parse(text()) as Record<string, unknown>
  t.strictSame(written, { ...fields, date: '1970-01-01T00:00:00.000Z' })
  t.equal(msg, 'done: 10:30')
  t.notOk([level, time, pid, hostname].includes(undefined))
})
