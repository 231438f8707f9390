// Each private part, read from the installed version: fails when an update of a dependency changes one.
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { context, trace, TraceFlags } from '@opentelemetry/api'
import Fastify, { type FastifyBaseLogger } from 'fastify'
import { pino, type Logger, type LoggerOptions } from 'pino'
import { Registry } from 'prom-client'
import t from 'tap'
import { fetch as undiciFetch } from 'undici'
import { startIntake } from '@seaworthy/testing'
import { observability, observabilityServerOptions } from '@seaworthy/observability'
import {
  activeSpan,
  childWithBindings,
  datadogFlush,
  fastifyIsLoaded,
  headerOf,
  inspectLogger,
  internalsProblems,
  registryProblem,
  lineEnd,
  lineText,
  replaceHeader,
  sentryIsUsed,
  textDestination
} from '../src/internals/index.ts'
import { errSerializer } from '../src/logging/bounded-json.ts'
import type { Line } from './helpers.ts'

const discard = { write: () => undefined }
/** pino's own serializer of errors would make it customized. */
const plainPino = (options: LoggerOptions = {}, stream: { write(line: string): void } = discard) =>
  pino({ serializers: { err: errSerializer }, ...options }, stream)
const asLogger = (logger: Logger) => logger as unknown as FastifyBaseLogger
const problemsOf = (log: FastifyBaseLogger) =>
  internalsProblems(Object.assign(Fastify(), { log }), errSerializer)

t.test('the symbols of a plain pino are found, also at the level silent', async (t) => {
  const app = Fastify({ ...observabilityServerOptions({ logger: { stream: discard } }) })
  t.teardown(() => app.close())
  for (const log of [app.log, asLogger(plainPino()), asLogger(plainPino({ level: 'silent' }))]) {
    t.type(inspectLogger(log, errSerializer).symbols, 'object')
    t.strictSame(problemsOf(log), [])
  }
})

t.test('a line from the symbols is the line that pino writes, of a child too', async (t) => {
  const lines: string[] = []
  const logger = plainPino({ timestamp: () => ',"time":1' }, { write: (line) => void lines.push(line) })
  const log = asLogger(logger)
  const symbols = inspectLogger(log, errSerializer).symbols!
  const text = (from: FastifyBaseLogger) =>
    lineText(from, symbols, 30, ',"a":"b"', lineEnd(log, symbols), 'hello')

  logger.info({ a: 'b' }, 'hello')
  logger.child({ id: '1' }).info({ a: 'b' }, 'hello')
  t.strictSame(lines, [text(log), text(childWithBindings(log, symbols, ',"id":"1"'))])
  const asJsonFunction = (log as unknown as Record<symbol, unknown>)[symbols.asJson]
  t.equal(typeof textDestination(log, symbols, asJsonFunction)?.write, 'function')
  t.equal(
    textDestination(log, symbols, () => ''),
    undefined,
    'a function that was wrapped since'
  )
})

t.test(
  'a pino whose lines a program reads or completes gets objects, from the start and later',
  async (t) => {
    const symbols = inspectLogger(asLogger(plainPino()), errSerializer).symbols!
    const channel = tracingChannel('pino_asJson')
    const listener = () => undefined
    channel.end.subscribe(listener)
    t.teardown(() => channel.end.unsubscribe(listener))
    const log = asLogger(plainPino())
    t.match(inspectLogger(log, errSerializer), { symbols: undefined, reason: 'customized' })
    const asJsonFunction = (log as unknown as Record<symbol, unknown>)[symbols.asJson]
    t.equal(textDestination(log, symbols, asJsonFunction), undefined)
    channel.end.unsubscribe(listener)
    t.not(textDestination(log, symbols, asJsonFunction), undefined)

    const { asJson } = symbols
    const original = asJsonFunction as (...args: unknown[]) => string
    const wrappers: Record<string, object> = {
      'on the logger': { value: original },
      'with all arguments': {
        value(...args: unknown[]) {
          return original.apply(this, args)
        }
      }
    }
    for (const [name, descriptor] of Object.entries(wrappers)) {
      const wrapped = Object.create(log, { [asJson]: descriptor }) as FastifyBaseLogger
      t.match(inspectLogger(wrapped, errSerializer), { reason: 'customized' }, name)
    }
  }
)

for (const [name, options] of Object.entries({
  'a mixin': { mixin: () => ({ a: 1 }) },
  redaction: { redact: ['a'] },
  'a nested key': { nestedKey: 'payload' },
  'a prefix': { msgPrefix: 'app ' },
  serializers: { serializers: { a: () => 'b' } },
  'a hook': { hooks: { logMethod: () => undefined } },
  'a formatter': { formatters: { log: (object) => object } }
} satisfies Record<string, LoggerOptions>)) {
  t.test(`a pino with ${name} keeps it`, async (t) => {
    const log = asLogger(plainPino(options))
    t.match(inspectLogger(log, errSerializer), { symbols: undefined, reason: 'customized' })
    t.strictSame(problemsOf(log), [])
  })
}

t.test('a destination that reads metadata, and a logger of another kind, get no text', async (t) => {
  const log = asLogger(
    plainPino({}, Object.assign({ write: () => undefined }, { [Symbol.for('pino.metadata')]: true }))
  )
  const symbols = inspectLogger(asLogger(plainPino()), errSerializer).symbols!
  const asJsonFunction = (log as unknown as Record<symbol, unknown>)[symbols.asJson]
  t.equal(textDestination(log, symbols, asJsonFunction), undefined)
  t.equal(textDestination(console as unknown as FastifyBaseLogger, symbols, undefined), undefined)
  t.match(inspectLogger(console as unknown as FastifyBaseLogger, errSerializer), { reason: 'not pino' })
})

/** A pino whose lines have their fields in another order. */
function changedPino(stream: { write(line: string): void }): FastifyBaseLogger {
  const logger = plainPino({}, stream)
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf(logger)) as Record<symbol, () => string>
  const asJson = Object.getOwnPropertySymbols(prototype).find(
    ({ description }) => description === 'pino.asJson'
  )!
  const write = prototype[asJson]!
  return Object.create(logger, {
    child: { value: logger.child },
    [asJson]: {
      value(this: unknown, ...args: []) {
        return write.call(this, ...args).replace(/^\{("level":\d+),(.*)\}\n$/, '{$2,$1}\n')
      }
    }
  }) as FastifyBaseLogger
}

t.test('an unknown pino is used through its methods, and one line names it', async (t) => {
  const lines: Line[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  const loggerInstance = changedPino(stream)
  t.match(inspectLogger(loggerInstance, errSerializer), { reason: 'incompatible' })

  const app = Fastify({ ...observabilityServerOptions({ loggerInstance }) })
  t.teardown(() => app.close())
  await app.register(observability)
  await app.inject({ url: '/', headers: { 'x-correlation-id': 'abc' } })
  t.match(lines[0], { msg: /^observability: this version of pino is unknown/ })
  t.match(lines.at(-1), { msg: 'request completed', statusCode: 404, correlationId: 'abc' })
  t.equal(lines.filter(({ msg }) => msg.includes('unknown')).length, 1)
})

t.test('each part that an unknown Fastify, Node or prom-client lacks is named', (t) => {
  const log = asLogger(plainPino())
  t.match(internalsProblems({ log }, errSerializer), [
    /^observability: this version of Fastify is unknown; .*; update @seaworthy\/observability$/
  ])
  t.match(registryProblem({ registerMetric: () => undefined }), /prom-client is unknown/)
  t.equal(registryProblem(new Registry()), undefined)
  t.equal(registryProblem({ metrics: () => '' }), undefined, 'a registry of another library')
  const { writeHead } = ServerResponse.prototype
  t.teardown(() => Object.assign(ServerResponse.prototype, { writeHead }))
  ServerResponse.prototype.writeHead = function () {
    return this
  }
  t.match(problemsOf(log), [/this version of Node is unknown/])
  t.end()
})

t.test("OpenTelemetry's active span is found through its API, and an unknown API is named", async (t) => {
  t.equal(activeSpan(), undefined)
  const spanContext = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.SAMPLED }
  const active = trace.setSpanContext(context.active(), spanContext)
  context.setGlobalContextManager({
    active: () => active,
    with: (_, fn, self, ...args) => fn.call(self!, ...args),
    bind: (_, target) => target,
    enable() {
      return this
    },
    disable() {
      return this
    }
  })
  t.match(activeSpan(), spanContext)
  const log = asLogger(plainPino({ level: 'silent' }))
  t.strictSame(problemsOf(log), [])
  context.disable()

  const [current, next] = [1, 2].map((major) => Symbol.for(`opentelemetry.js.api.${major}`))
  const holder = globalThis as Record<symbol, unknown>
  const api = holder[current!]
  Reflect.deleteProperty(holder, current!)
  holder[next!] = {}
  t.teardown(() => {
    Reflect.deleteProperty(holder, next!)
    holder[current!] = api
  })
  t.match(problemsOf(log), [/this version of OpenTelemetry's API is unknown/])
  t.equal(activeSpan(), undefined)
})

t.test('headers of undici and fetch are found by name', async (t) => {
  const upstream = await startIntake(t)
  const seen: unknown[] = []
  const listener = (message: unknown) =>
    void seen.push((message as { request: { headers: unknown } }).request.headers)
  subscribe('undici:request:create', listener)
  t.teardown(() => unsubscribe('undici:request:create', listener))
  for (const call of [fetch, undiciFetch as unknown as typeof fetch]) {
    await call(upstream.url, { headers: { 'X-Correlation-Id': 'a' } })
  }
  t.equal(seen.length, 2)
  for (const headers of seen) {
    t.type(headerOf(headers, 'x-correlation-id'), 'string')
    t.equal(headerOf(headers, 'traceparent'), undefined)
    t.ok(replaceHeader(headers, 'x-correlation-id', 'another'))
    t.equal(headerOf(headers, 'x-correlation-id'), 'another')
  }
  t.equal(headerOf('X-Correlation-Id: a\r\n', 'x-correlation-id'), 'a')
  t.equal(headerOf(new Map(), 'x-correlation-id'), null)
  t.notOk(replaceHeader(new Map(), 'x-correlation-id', 'another'))
})

t.test("Datadog's exporter is found after its start only", async (t) => {
  const flush = datadogFlush({ _tracer: { _exporter: { flush: (done: () => void) => done() } } })
  await new Promise<void>((resolve) => {
    flush!(resolve)
  })
  t.equal(datadogFlush({ _tracer: {} }), undefined)
})

t.test('Fastify is seen once it is loaded, and Sentry once it is used', async (t) => {
  createRequire(import.meta.url)('fastify')
  t.ok(fastifyIsLoaded())
  t.notOk(sentryIsUsed())
  const sentry = await import('@sentry/node')
  sentry.getClient()
  t.ok(sentryIsUsed())
})
