// Values that a service logs and that have no text, or throw when they are read.
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { observability, observabilityServerOptions } from '../src/index.ts'
import { build, keptLog } from './helpers.ts'

const boom = () => {
  throw new Error('boom')
}
const throwing = (target: object, name: string) =>
  Object.defineProperty(target, name, { enumerable: true, get: boom })
const logged = async (t: Test, ...values: unknown[]) => {
  const { app, lines } = await build(t)
  const info: (...values: never[]) => void = app.log.info.bind(app.log)
  info(...(values as never[]))
  return lines().at(-1)
}

const oddities: Record<string, [values: unknown[], line: object]> = {
  'a symbol': [[Symbol('paid')], { msg: 'Symbol(paid)' }],
  'a symbol for a number': [['took %d', Symbol('paid')], { msg: 'took NaN' }],
  'no request, response or error': [
    [{ req: null, res: null, err: null }, 'none'],
    { msg: 'none', req: null }
  ],
  'an error for a text': [
    ['it failed: %s', new RangeError('too far')],
    { msg: 'it failed: RangeError: too far' }
  ],
  'an error behind a text': [
    ['it failed', new RangeError('too far')],
    { msg: 'it failed', err: { type: 'RangeError', message: 'too far' } }
  ],
  'an error behind fields and a text': [
    [{ id: 7 }, 'it failed', new Error('too far')],
    { msg: 'it failed', id: 7, err: { message: 'too far' } }
  ],
  'a member that cannot be read': [
    [throwing({ id: 7 }, 'order'), 'paid'],
    { msg: 'paid', id: 7, order: 'unreadable: Error: boom' }
  ],
  'a member without JSON': [
    [{ id: 7, order: { toJSON: boom } }, 'paid'],
    { msg: 'paid', id: 7, order: 'unreadable: Error: boom' }
  ],
  'fields without JSON': [[{ toJSON: boom }, 'paid'], { msg: 'paid', value: 'unreadable: Error: boom' }],
  'a URL with a password': [
    [new URL('http://shop:pa55word@db/'), 'connecting'],
    { msg: 'connecting', value: 'http://[redacted]@db/' }
  ],
  bytes: [[Buffer.from('abc'), 'sent'], { msg: 'sent', value: '(3 bytes)' }],
  'an error without a message': [
    [throwing(new Error('x'), 'message')],
    { msg: 'unreadable', err: { message: 'unreadable' } }
  ],
  'an error without a stack': [
    [throwing(new Error('too far'), 'stack')],
    { msg: 'too far', err: { type: 'Error', message: 'too far' } }
  ],
  'an error whose name is no text': [
    [Object.assign(new Error('too far'), { name: Symbol('x') })],
    { err: { message: 'too far' } }
  ],
  'a proxy that throws': [
    [new Proxy({}, { getPrototypeOf: boom }), 'paid'],
    { msg: /could not be written \(Error: boom\)/ }
  ]
}
for (const [name, [values, line]] of Object.entries(oddities)) {
  t.test(`a line of ${name} is valid JSON, and says what can be said`, async (t) => {
    t.match(await logged(t, ...values), line)
  })
}

t.test('a text with a placeholder takes the error behind it, and the line has no other', async (t) => {
  const line = await logged(t, 'it failed: %o', new Error('too far'))
  t.match(line?.msg, /"message":"too far"/)
  t.notOk('err' in line!)
})

t.test('a serializer that throws fails no request, and does not end the process', async (t) => {
  const { stream, text } = keptLog()
  const logger = { stream, serializers: { err: boom } }
  const app = Fastify({ ...observabilityServerOptions({ logger }) })
  t.teardown(() => app.close())
  await app.register(observability)
  app.get('/', async (request) => {
    request.log.error({ err: new Error('down') }, 'a service is down')
    return 'served'
  })
  app.get('/fails', async () => boom())
  t.equal((await app.inject('/')).body, 'served')
  t.match(text(), /a line could not be written \(Error: boom\)/)
  t.equal((await app.inject('/fails')).statusCode, 500)
})

for (const level of ['WARN', ' warn ']) {
  t.test(`LOG_LEVEL may be written as '${level}'`, async (t) => {
    const before = process.env.LOG_LEVEL
    t.teardown(() => {
      if (before === undefined) delete process.env.LOG_LEVEL
      else process.env.LOG_LEVEL = before
    })
    process.env.LOG_LEVEL = level
    t.match(observabilityServerOptions().logger, { level: 'warn' })
  })
}
