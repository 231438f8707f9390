import { once } from 'node:events'
import { get, request as httpRequest } from 'node:http'
import type { FastifyInstance } from 'fastify'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import t from 'tap'
import { clientErrorBrand } from '@seaworthy/contract'
import { until } from '@seaworthy/testing'
import { observability, observabilityServerOptions, type ErrorContext } from '@seaworthy/observability'
import { build, keptLog, listen, samples, total } from './helpers.ts'

const sinkOf = (seen: [string, ErrorContext][]) => (error: unknown, context: ErrorContext) =>
  void seen.push([(error as Error).message, context])

t.test('a request that an earlier hook ends is logged, counted, tracked and has its id', async (t) => {
  const seen: [string, ErrorContext][] = []
  const { stream, lines } = keptLog()
  const app = Fastify({ ...observabilityServerOptions({ logger: { stream } }) })
  t.teardown(() => app.close())
  app.addHook('onRequest', async ({ headers }, reply) => {
    if (headers.closed !== undefined) return reply.code(503).send('closed')
    if (headers.broken !== undefined) throw new Error('no tenant')
    return undefined
  })
  await app.register(observability, { errorTracking: { sink: sinkOf(seen) } })
  app.get('/x', async () => 1)

  for (const name of ['closed', 'broken', 'neither']) {
    const response = await app.inject({ url: '/x', headers: { [name]: '1', 'x-correlation-id': name } })
    t.equal(response.headers['x-correlation-id'], name)
  }
  const completed = lines().filter(({ msg }) => msg === 'request completed')
  t.match(completed, [
    { statusCode: 503, route: '/x', correlationId: 'closed' },
    { statusCode: 500, err: { message: 'no tenant' }, correlationId: 'broken' },
    { statusCode: 200, correlationId: 'neither' }
  ])
  t.equal(completed.length, 3)
  t.match(seen, [['no tenant', { route: '/x', statusCode: 500 }]])
  const scrape = await app.observability.metrics()
  t.equal(total(scrape, 'http_requests_total'), 3)
  t.equal(samples(scrape).get('http_requests_in_flight'), 0)
})

const failures: Record<string, (app: FastifyInstance) => void> = {
  'an error handler that throws': (app) =>
    app.setErrorHandler(() => {
      throw new TypeError('second')
    }),
  'an error handler that rejects': (app) =>
    app.setErrorHandler(async () => Promise.reject(new TypeError('second'))),
  'an onSend hook that throws': (app) =>
    app.addHook('onSend', async () => {
      throw new TypeError('second')
    }),
  'a serializer that throws': (app) => {
    app.setErrorHandler(async (_error, _request, reply) => reply.send({ a: 1 }))
    app.addHook('preSerialization', async () => {
      throw new TypeError('second')
    })
  }
}
for (const [name, add] of Object.entries(failures)) {
  t.test(`both errors are logged and tracked: ${name}`, async (t) => {
    const seen: [string, ErrorContext][] = []
    const { app, lines } = await build(t, { errorTracking: { sink: sinkOf(seen) } }, (app) => {
      void app.register(async (scope) => {
        add(scope)
        scope.get('/', async () => Promise.reject(Object.assign(new Error('first'), { statusCode: 404 })))
      })
    })
    await app.inject('/')
    const messages = lines().map(({ err }) => (err as Error | undefined)?.message)
    t.ok(messages.includes('second'))
    t.equal(lines().filter(({ msg }) => msg.includes('failed itself')).length, 1)
    t.ok(seen.some(([message]) => message === 'second'))
    t.equal(lines().filter(({ msg }) => msg === 'request completed').length, 1)
  })
}

t.test('an error handler may answer with another error: that is no failure', async (t) => {
  const seen: unknown[] = []
  const { app, lines } = await build(t, { errorTracking: { sink: (error) => seen.push(error) } }, (app) => {
    app.setErrorHandler(async (_error, _request, reply) =>
      reply.send(Object.assign(new Error('mapped'), { statusCode: 409 }))
    )
    app.get('/', async () => Promise.reject(new Error('first')))
  })
  t.equal((await app.inject('/')).statusCode, 409)
  t.strictSame(seen, [])
  t.notOk(lines().some(({ level }) => level > 30))
})

t.test('a probe that fails is logged; one that succeeds, or says that it is not ready, is not', async (t) => {
  const { app, requests } = await build(t, {}, (app) => {
    const config = { operational: 'probe' as const }
    app.get('/bug', { config }, async () => Promise.reject(new Error('bug')))
    app.get('/ready', { config }, async (_request, reply) => reply.code(503).send('no'))
    app.get('/live', { config }, async () => 'ok')
  })
  for (const url of ['/bug', '/ready', '/live']) await app.inject(url)
  t.match(requests(), [{ route: '/bug', err: { message: 'bug' } }])
  t.equal(requests().length, 1)
})

t.test('rejections on purpose are not tracked, and cost no stack', async (t) => {
  const seen: unknown[] = []
  const errors: Record<string, object> = {
    limit: { statusCode: 429 },
    busy: { statusCode: 503 },
    deadline: { statusCode: 504, isRejection: true },
    timeout: { statusCode: 504 },
    broken: { statusCode: 503, isRejection: false },
    upstream: { statusCode: 502 }
  }
  const { app, requests } = await build(
    t,
    { errorTracking: { sink: (error) => seen.push((error as Error).message) } },
    (app) => {
      app.get('/:name', async ({ params }) => {
        const { name } = params as { name: string }
        throw Object.assign(new Error(name), { code: 'NO', [clientErrorBrand]: true, ...errors[name] })
      })
      void app.register(async (scope) => {
        scope.setErrorHandler((_error, _request, reply) => reply.code(500).send('sorry'))
        scope.get('/answered-by-the-app', async () => {
          throw Object.assign(new Error('no'), { code: 'NO', [clientErrorBrand]: true, ...errors.deadline })
        })
      })
    }
  )
  for (const name of [...Object.keys(errors), 'answered-by-the-app']) await app.inject(`/${name}`)
  t.strictSame(seen, ['timeout', 'broken', 'upstream'])
  t.strictSame(
    requests().map(({ statusCode, code, err }) => [statusCode, code, err === undefined]),
    [
      [429, 'NO', true],
      [503, 'NO', true],
      [504, 'NO', true],
      [504, undefined, false],
      [503, undefined, false],
      [502, undefined, false],
      [500, 'NO', true]
    ]
  )
})

t.test('a storm of one error sends few, counts the rest and hides no other error', async (t) => {
  const seen: [string, ErrorContext][] = []
  const errorTracking = { sink: sinkOf(seen), maxPerMinute: 3 }
  const { app } = await build(t, { errorTracking }, (app) => {
    app.get('/a', async () => Promise.reject(new Error(`a ${Math.random()}`)))
    app.get('/b', async () => Promise.reject(new Error('b')))
  })
  for (let index = 0; index < 20; index++) await app.inject('/a')
  await app.inject('/b')
  t.equal(seen.length, 4)
  t.equal(seen.at(-1)![0], 'b')
  t.equal(samples(await app.observability.metrics()).get('errors_untracked_total'), 17)
})

const streams: Record<string, (app: FastifyInstance) => void> = {
  'that a handler writes by itself': (app) =>
    app.get('/', (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, { 'Content-Type': 'text/event-stream' })
      reply.raw.write('data: x\n\n')
    }),
  'with headers that are set one by one': (app) =>
    app.get('/', (_request, reply) => {
      reply.hijack()
      reply.raw.setHeader('content-type', 'text/event-stream; charset=utf-8')
      reply.raw.write('data: x\n\n')
    }),
  'whose type has capital letters': (app) =>
    app.get('/', (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, ['Content-Type', 'Text/Event-Stream'])
      reply.raw.write('data: x\n\n')
    }),
  'of any type on a route with longLived': (app) =>
    app.get('/', { config: { observability: { longLived: true } } }, (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson' })
      reply.raw.write('{}\n')
    })
}
for (const [name, add] of Object.entries(streams)) {
  t.test(`a client that leaves an event stream is no abort: one ${name}`, async (t) => {
    const { app, requests } = await build(t, { logging: { slowThreshold: 0 } }, add)
    const client = get({ port: await listen(app), host: '127.0.0.1' })
    const [response] = (await once(client, 'response')) as [NodeJS.ReadableStream]
    await once(response, 'data')
    client.on('error', () => undefined).destroy()
    await until('the line', () => requests().length === 1)
    const [line] = requests()
    t.match(line, { level: 30, statusCode: 200, aborted: undefined, slow: undefined })
    const scrape = await app.observability.metrics()
    t.equal(total(scrape, 'http_requests_aborted_total'), 0)
    t.equal(total(scrape, 'http_request_duration_seconds_count'), 0)
    t.equal(total(scrape, 'http_requests_total', /status_code="200"/), 1)
    t.equal(samples(scrape).get('http_requests_in_flight'), 0)
  })
}

t.test('an answer of a route with longLived is not in flight', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/', { config: { observability: { longLived: true } } }, (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200).write('x')
    })
  })
  const client = get({ port: await listen(app), host: '127.0.0.1' }).on('error', () => undefined)
  await once(client, 'response')
  t.equal(samples(await app.observability.metrics()).get('http_requests_in_flight'), 0)
  client.destroy()
})

t.test('a client cannot hide an abort by asking for a WebSocket', async (t) => {
  const { app, requests } = await build(t, {}, (app) => {
    app.get('/', () => new Promise(() => undefined))
  })
  const headers = { connection: 'upgrade', upgrade: 'websocket' }
  const client = httpRequest({ port: await listen(app), host: '127.0.0.1', headers })
  client.on('error', () => undefined).end()
  await until(
    'the request',
    async () => samples(await app.observability.metrics()).get('http_requests_in_flight') === 1
  )
  client.destroy()
  await until('the line', () => requests().length === 1)
  t.match(requests(), [{ statusCode: 499, aborted: true }])
})

t.test('a WebSocket is an upgrade: no abort, not slow, and without a duration', async (t) => {
  const { app, requests } = await build(t, { logging: { slowThreshold: 0 } }, (app) => {
    void app.register(websocket)
    void app.register(async (scope) => {
      const closing = (socket: { on(event: string, listen: () => void): void; close(code: number): void }) =>
        socket.on('message', () => socket.close(1000))
      scope.get('/ws', { websocket: true } as object, closing as never)
    })
  })
  const socket = new WebSocket(`ws://127.0.0.1:${await listen(app)}/ws`)
  await once(socket, 'open')
  socket.send('bye')
  await once(socket, 'close')
  await until('the line', () => requests().length === 1)
  t.match(requests(), [{ level: 30, statusCode: 101, route: '/ws', aborted: undefined, slow: undefined }])
  const scrape = await app.observability.metrics()
  t.equal(total(scrape, 'http_requests_aborted_total'), 0)
  t.equal(total(scrape, 'http_request_duration_seconds_count'), 0)
  t.equal(total(scrape, 'http_requests_total', /status_code="101"/), 1)
})
