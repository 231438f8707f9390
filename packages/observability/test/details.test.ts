import { Writable } from 'node:stream'
import Fastify from 'fastify'
import { multistream, pino } from 'pino'
import t from 'tap'
import { observability, observabilityServerOptions } from '@seaworthy/observability'
import { build, type Line } from './helpers.ts'

const messages = (lines: Line[]): string[] => lines.map(({ msg }) => msg)
const sampled = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`

t.test('details of a request are written if it failed, was slow, or its trace is sampled', async (t) => {
  const correlation = { trust: ['127.0.0.1'] }
  const { app, lines } = await build(t, { correlation, logging: { details: {} } }, (app) => {
    const config = { observability: { slowThreshold: 0 } }
    app.get('/fine', async ({ log }) => log.debug('of a fine one'))
    app.get('/fails', async ({ log }) => {
      log.trace('below')
      log.debug({ step: 1 }, 'first')
      log.info('at once')
      log.child({ part: 'db' }).debug('second')
      throw new Error('boom')
    })
    app.get('/slow', { config }, async ({ log }) => log.debug('of a slow one'))
    app.get('/rejected', async ({ log }) => {
      log.debug('of a client error')
      throw Object.assign(new Error('no'), { statusCode: 400 })
    })
  })
  await app.ready()
  const start = lines().length
  await app.inject('/fine')
  await app.inject('/rejected')
  t.strictSame(messages(lines().slice(start)), ['request completed', 'request completed'])

  const failed = lines().length
  await app.inject('/fails')
  const [atOnce, first, second, end] = lines().slice(failed)
  t.match(
    [atOnce, first, second, end],
    [
      { level: 30, msg: 'at once' },
      { level: 20, msg: 'first', step: 1, correlationId: end!.correlationId },
      { level: 20, msg: 'second', part: 'db' },
      { level: 50, msg: 'request completed', statusCode: 500 }
    ]
  )
  t.ok(Number(first!.time) <= Number(atOnce!.time), 'with its time')

  const others = lines().length
  await app.inject('/slow')
  await app.inject({ url: '/fine', headers: { traceparent: sampled } })
  t.strictSame(messages(lines().slice(others)), [
    'of a slow one',
    'request completed',
    'of a fine one',
    'request completed'
  ])
})

t.test('an untrusted client whose trace is sampled gets no details', async (t) => {
  const { app, text } = await build(t, { logging: { details: {} } }, (app) => {
    app.get('/', async ({ log }) => log.debug('a detail'))
  })
  await app.inject({ url: '/', headers: { traceparent: sampled } })
  t.notMatch(text(), 'a detail')
})

t.test('details are bounded per request and for all together, and released', async (t) => {
  const details = { maxBytes: 2048, maxTotalBytes: 3072 }
  const text = 'x'.repeat(300)
  const { promise: bothHave, resolve } = Promise.withResolvers<void>()
  let waiting = 0
  const { app, lines } = await build(t, { logging: { details } }, (app) => {
    app.get('/many', async ({ log }) => {
      for (let n = 0; n < 20; n++) log.debug(`${n} ${text}`)
      throw new Error('boom')
    })
    app.get('/huge', async ({ log }) => {
      log.debug('y'.repeat(5000))
      throw new Error('boom')
    })
    app.get('/two', async ({ log }) => {
      for (let n = 0; n < 5; n++) log.debug(`${n} ${text}`)
      if (++waiting === 2) resolve()
      await bothHave
      throw new Error('boom')
    })
  })
  const run = async (url: string) => {
    const start = lines().length
    await app.inject(url)
    return lines().slice(start)
  }
  for (let round = 0; round < 3; round++) {
    const kept = await run('/many')
    const end = kept.pop()!
    t.ok(kept.length >= 2 && kept.length <= 6, `${kept.length} lines`)
    t.match(kept.at(-1)!.msg, /^19 /, 'the newest')
    t.equal(end.droppedDetails, 20 - kept.length)
  }
  t.match(await run('/huge'), [{ msg: 'request completed', droppedDetails: 1 }])
  const start = lines().length
  await Promise.all([app.inject('/two'), app.inject('/two')])
  const both = lines()
    .slice(start)
    .filter(({ msg }) => msg.endsWith(text))
  t.ok(both.length >= 5 && both.length < 10, `${both.length} lines of both`)
})

t.test('the level of the log still decides about all other lines', async (t) => {
  const { app, lines } = await build(t, { logging: { details: { level: 'trace' } } }, (app) => {
    app.get('/', async ({ log }) => log.info('kept'))
    app.get('/fails', async () => Promise.reject(new Error('boom')))
    app.get('/route', { logLevel: 'error' }, async ({ log }) => {
      log.warn('kept too')
      throw new Error('boom')
    })
  })
  app.log.level = 'warn'
  const start = lines().length
  await app.inject('/')
  await app.inject('/%zz')
  t.strictSame(messages(lines().slice(start)), [])
  await app.inject('/route')
  t.strictSame(messages(lines().slice(start)), ['kept too', 'request completed'])

  app.log.level = 'trace'
  const later = lines().length
  await app.inject('/')
  t.strictSame(messages(lines().slice(later)), ['kept', 'request completed'])
  app.log.level = 'silent'
  await app.inject('/fails')
  t.equal(lines().length, later + 2)
})

for (const [name, make] of Object.entries({
  'redaction and a mixin': (stream: Writable) =>
    pino({ redact: ['secret'], mixin: () => ({ mixed: 1 }) }, stream),
  'several destinations': (stream: Writable) => pino({}, multistream([{ level: 'debug', stream }]))
})) {
  t.test(`details work with a pino of the app that has ${name}`, async (t) => {
    let text = ''
    const stream = new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk)
        done()
      }
    })
    const logging = { details: {} }
    const app = Fastify({ ...observabilityServerOptions({ logging, loggerInstance: make(stream) }) })
    t.teardown(async () => app.close())
    await app.register(observability)
    app.get('/', async ({ log }) => log.debug({ secret: 'hunter2' }, 'of a fine one'))
    app.get('/fails', async ({ log }) => {
      log.debug({ secret: 'hunter2' }, 'a detail')
      throw new Error('boom')
    })
    await app.inject('/')
    await app.inject('/fails')
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
    t.match(messages(lines).slice(-3), ['request completed', 'a detail', 'request completed'])
    if (name.startsWith('redaction')) t.match(lines.at(-2), { secret: '[Redacted]', mixed: 1 })
  })
}

t.test('details that only the plugin has work, and without a pino they are a warning', async (t) => {
  let text = ''
  const stream = { write: (line: string) => void (text += line) }
  for (const server of [observabilityServerOptions({ logger: { stream } }), { logger: { stream } }]) {
    text = ''
    const app = Fastify({ ...server })
    t.teardown(async () => app.close())
    await app.register(observability, { logging: { details: {} } })
    app.get('/', async ({ log }) => {
      log.debug('a detail')
      throw new Error('boom')
    })
    await app.inject('/')
    t.match(text, /a detail/)
  }

  const warnings: unknown[] = []
  const loggerInstance = Object.assign(
    { level: 'info', warn: (message: unknown) => void warnings.push(message), child: () => loggerInstance },
    Object.fromEntries(
      ['trace', 'debug', 'info', 'error', 'fatal', 'silent'].map((level) => [level, () => level])
    )
  ) as never
  const app = Fastify({ ...observabilityServerOptions({ logging: { details: {} }, loggerInstance }) })
  t.teardown(async () => app.close())
  await app.register(observability, { metrics: false })
  await app.ready()
  t.match(warnings.join('\n'), /no pino, so logging\.details keeps nothing/)
})
