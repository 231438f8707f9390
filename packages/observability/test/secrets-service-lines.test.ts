// Planted secrets in the lines that a service writes by itself.
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import t from 'tap'
import { observability, observabilityServerOptions } from '@seaworthy/observability'
import { keptLog } from './helpers.ts'
import { sentinel, planted, leaks, start, loggers } from './planted-secrets.ts'

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
  const loggerInstance = pino({}, keptLog().stream)
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
