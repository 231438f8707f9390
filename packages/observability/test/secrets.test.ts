// Planted secrets, in the shapes that messages have, in what this package writes, shows and sends by itself.
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { inspect, types } from 'node:util'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { Gauge } from 'prom-client'
import t from 'tap'
import { managementPort, whenProvided } from '@seaworthy/contract'
import { observability, type ObservabilityOptions } from '@seaworthy/observability'
import { sentinel, shapes, planted, thrown, leaks, start, loggers } from './planted-secrets.ts'

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
