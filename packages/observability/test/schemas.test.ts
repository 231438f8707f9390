import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { startNode, temporaryFolder, until } from '@seaworthy/testing'
import { observabilityServerOptions } from '@seaworthy/observability'
import { build } from './helpers.ts'

const secret = 'Pl4nt3dS3ntinel'
const error = () =>
  Object.assign(new TypeError(`no redis://:${secret}@cache`, { cause: new Error('inner') }), { code: 'E_NO' })

const expected = {
  ecs: {
    'ecs.version': '8.11.0',
    'error.type': 'TypeError',
    'error.message': /^no /,
    'error.code': 'E_NO',
    'error.stack_trace': /\n\s+at [^]*caused by: Error: inner/
  },
  otel: {
    'exception.type': 'TypeError',
    'exception.message': /^no /,
    'exception.stacktrace': /\n\s+at [^]*caused by: Error: inner/,
    code: 'E_NO'
  },
  gcp: {
    severity: 'ERROR',
    stack_trace: /\n\s+at [^]*caused by: Error: inner/,
    error_type: 'TypeError',
    code: 'E_NO'
  }
} as const

for (const [schema, fields] of Object.entries(expected)) {
  t.test(`${schema}: an error has the platform's names in every line, and no secret`, async (t) => {
    const { app, lines, text } = await build(t, { logging: { schema: schema as 'ecs' } }, (app) => {
      app.get('/', async ({ log }) => {
        log.error(error())
        log.error({ err: error() }, 'with a message')
        app.log.error(error())
        throw error()
      })
    })
    await app.inject('/')
    t.match(lines(), [fields, fields, fields, fields])
    t.notMatch(text(), secret)
  })

  t.test(`${schema}: works with several targets and without bindings`, async (t) => {
    const destination = join(temporaryFolder(t), 'log')
    const targets = [{ target: 'pino/file', options: { destination } }]
    for (const logger of [{ transport: { targets } }, { base: null }, { base: undefined }]) {
      Fastify(
        observabilityServerOptions({ level: 'warn', logging: { schema: schema as 'ecs' }, logger })
      ).log.error('x')
    }
    const text = await until('the line', () => {
      try {
        return readFileSync(destination, 'utf8')
      } catch {
        return undefined
      }
    })
    t.match(text, /"(?:log\.level":"error|severity_text":"ERROR|severity":"ERROR)"/)
  })
}

t.test('gcp: a trace has the name of its project', async (t) => {
  process.env.GOOGLE_CLOUD_PROJECT = 'shop'
  t.teardown(() => delete process.env.GOOGLE_CLOUD_PROJECT)
  const { app, lines } = await build(t, { logging: { schema: 'gcp' } }, (app) => {
    app.get('/', async () => 'ok')
  })
  await app.inject('/')
  t.match(lines(), [{ 'logging.googleapis.com/trace': /^projects\/shop\/traces\/[0-9a-f]{32}$/ }])
})

t.test('the parameters and fields of secrets are found by their words', async (t) => {
  const fields = () => ({ resetToken: secret, userId: 'u1' })
  const { app, text, requests } = await build(t, { logging: { fields } }, (app) => {
    app.get('/invite/:inviteCode', async () => 'ok')
    app.get('/a/:apiKey/b', async () => 'ok')
  })
  for (const url of [`/invite/${secret}`, `/a/${secret}/b`]) await app.inject(url)
  t.match(requests(), [
    { url: '/invite/:inviteCode', userId: 'u1' },
    { url: '/a/:apiKey/b', userId: 'u1' }
  ])
  t.notMatch(text(), secret)
})

t.test('ecs: a field of the app that has the name of an object there becomes a label', async (t) => {
  const fields = () => ({ user: 'u1', url: { domain: 'a' }, tenant: 't1' })
  const { app, lines } = await build(t, { logging: { schema: 'ecs', fields } }, (app) => {
    app.get('/', async ({ log }) =>
      log.info({ url: '/x', user: { id: 'u1' }, error: 'text', kind: 1 }, 'mine')
    )
  })
  await app.inject('/')
  t.match(lines().at(-2), {
    'labels.url': '/x',
    'labels.error': 'text',
    user: { id: 'u1' },
    kind: 1,
    url: undefined
  })
  t.match(lines().at(-1), { 'labels.user': 'u1', url: { domain: 'a' }, tenant: 't1', user: undefined })
})

t.test('ecs: the name of a logger has its place', async (t) => {
  const { log } = Fastify(
    observabilityServerOptions({
      logging: { schema: 'ecs' },
      logger: {
        name: 'shop',
        stream: { write: (line: string) => void t.match(JSON.parse(line), { 'log.logger': 'shop' }) }
      }
    })
  )
  t.plan(1)
  log.info('text')
})

type Rule = 'string' | 'number' | 'boolean' | 'object' | RegExp

const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const traceId = /^[\da-f]{32}$/
const spanId = /^[\da-f]{16}$/
const stack = /^\w*Error: [^]*\n +at /

/** The published names with their types, and the few that are free: fields of our own, where a platform has no name. */
const fieldLists: Record<string, { published: Record<string, Rule>; ours: Record<string, Rule> }> = {
  // Elastic Common Schema, the same in 8.11 and 9.4. Values of labels are keywords. The route has its name of OpenTelemetry's conventions.
  ecs: {
    published: {
      '@timestamp': date,
      message: 'string',
      'ecs.version': /^8\.11\.0$/,
      'log.level': /^(trace|debug|info|warn|error|fatal)$/,
      'process.pid': 'number',
      'host.hostname': 'string',
      'http.request.id': 'string',
      'http.request.method': 'string',
      'http.response.status_code': 'number',
      'url.path': 'string',
      'event.duration': 'number',
      'event.reason': 'string',
      'trace.id': traceId,
      'span.id': spanId,
      'error.code': 'string',
      'error.type': 'string',
      'error.message': 'string',
      'error.stack_trace': stack,
      'labels.slow': 'boolean',
      'labels.aborted': 'boolean'
    },
    ours: { 'http.route': 'string' }
  },
  // OpenTelemetry: the log data model, and attributes of the semantic conventions. The duration is that of the metric.
  otel: {
    published: {
      timestamp: date,
      body: 'string',
      severity_text: /^(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)$/,
      severity_number: 'number',
      trace_id: traceId,
      span_id: spanId,
      'process.pid': 'number',
      'host.name': 'string',
      'http.request.method': 'string',
      'http.response.status_code': 'number',
      'http.route': 'string',
      'http.server.request.duration': 'number',
      'url.path': 'string',
      'error.type': 'string',
      'exception.type': 'string',
      'exception.message': 'string',
      'exception.stacktrace': stack
    },
    ours: { correlation_id: 'string', code: 'string', slow: 'boolean', aborted: 'boolean' }
  },
  // Google Cloud: the special fields of structured logs, and those in which Error Reporting looks. Others are the payload.
  gcp: {
    published: {
      severity: /^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$/,
      time: date,
      message: 'string',
      httpRequest: 'object',
      'logging.googleapis.com/trace': traceId,
      'logging.googleapis.com/spanId': spanId,
      stack_trace: stack
    },
    ours: {
      pid: 'number',
      hostname: 'string',
      correlationId: 'string',
      route: 'string',
      reason: 'string',
      code: 'string',
      slow: 'boolean',
      aborted: 'boolean',
      error_type: 'string',
      error_message: 'string'
    }
  }
}

const googleRequest = ['requestMethod', 'requestUrl', 'status', 'latency']

for (const [schema, { published, ours }] of Object.entries(fieldLists)) {
  t.test(`${schema}: each field of each line has a published name and its type`, async (t) => {
    const logging = { schema: schema as 'ecs' }
    const { app, lines } = await build(t, { logging }, (app) => {
      app.get('/slow', { config: { observability: { slowThreshold: 0 } } }, async (request) => {
        app.observability.headers(request)
        return 'ok'
      })
      app.get('/own', async ({ log }) => {
        for (const level of ['debug', 'info', 'warn', 'error', 'fatal'] as const) log[level]('text')
        log.error(error())
        throw error()
      })
      app.get('/client', async () => Promise.reject(Object.assign(error(), { statusCode: 409 })))
    })
    for (const url of ['/slow', '/own', '/client', '/none', '/%zz']) await app.inject(url)
    const service = startNode(t, join(import.meta.dirname, 'fixtures/crashing-app.ts'), {
      env: { SCHEMA: schema }
    })
    t.equal((await service.exit).code, 1)
    const crash = service.logs().filter((line) => JSON.stringify(line).includes('state is corrupt'))
    t.equal(crash.length, 1)

    const rules: Record<string, Rule> = { ...published, ...ours }
    const seen = new Set<string>()
    for (const line of [...lines(), ...crash]) {
      for (const [name, value] of Object.entries(line)) {
        seen.add(name)
        const rule = rules[name]
        const holds =
          rule instanceof RegExp ? typeof value === 'string' && rule.test(value) : typeof value === rule
        t.ok(holds, `${name}: ${JSON.stringify(value).slice(0, 80)}`)
      }
      const { httpRequest } = line as { httpRequest?: object }
      if (httpRequest) t.strictSame(Object.keys(httpRequest), googleRequest)
    }
    const unseen = Object.keys(rules).filter((name) => !seen.has(name) && !name.endsWith('aborted'))
    t.strictSame(unseen, [], 'each name was written')
  })
}
