// Errors made for the client whose members are odd, changed or hostile, and hooks that fail on their responses.
import fc from 'fast-check'
import t from 'tap'
import { AppError, ConflictError } from '../src/index.ts'
import { build, secret } from './helpers.ts'
import { explosive, revoked, statuses, value } from './malicious-values.ts'
import { thrower } from './thrower.ts'

t.test('an AppError with any members becomes a valid response with its status', async (t) => {
  const { responseTo } = await thrower(t, { extensions: ['extra'] })
  const headerValue = fc.oneof(value, fc.constantFrom('a\r\nset-cookie: b=c', 'ok', 7, ['a', 'b'], 'é\u0000'))
  const headers = fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('retry-after', 'content-length')),
    headerValue
  )
  const options = fc.record(
    {
      statusCode: statuses,
      code: value,
      headers: fc.oneof(headers, value),
      details: value,
      extensions: value
    },
    { requiredKeys: [] }
  )
  const accept = fc.constantFrom('*/*', 'application/problem+json')
  await fc.assert(
    fc.asyncProperty(fc.string(), options, accept, async (message, members, accept) => {
      const error = new AppError(message, members as object)
      const response = await responseTo(error, '/handler', { accept })
      const status =
        Number.isInteger(members.statusCode) &&
        Number(members.statusCode) >= 400 &&
        Number(members.statusCode) < 600
      const body = response.json()
      return (
        response.statusCode === (status ? members.statusCode : 500) &&
        (body.status ?? body.statusCode) === response.statusCode &&
        (response.statusCode >= 500 || (body.detail ?? body.message) === message) &&
        response.headers['set-cookie'] === undefined
      )
    }),
    { numRuns: 400 }
  )
})

t.test('an AppError whose members throw when they are read becomes a valid response', async (t) => {
  const { responseTo } = await thrower(t, { extensions: ['extra'] })
  const trap = () => {
    throw new Error(secret)
  }
  const reading = (name: string): object => Object.defineProperty({}, name, { get: trap, enumerable: true })
  const made = (options: object) => new ConflictError('clash', options)
  const cyclic = made({})
  cyclic.cause = cyclic
  const cases: [string, unknown, number[]][] = [
    ...[
      'message',
      'name',
      'code',
      'statusCode',
      'headers',
      'details',
      'extensions',
      'expose',
      'cause',
      'stack'
    ].map((name): [string, unknown, number[]] => [
      `a getter of ${name} that throws`,
      Object.defineProperty(made({}), name, { get: trap }),
      [409, 500]
    ]),
    [
      'a proxy of one that traps everything',
      new Proxy(made({}), { get: trap, has: trap, ownKeys: trap }),
      [500]
    ],
    ['a proxy of one that traps nothing', new Proxy(made({}), {}), [409]],
    ['a header that throws', made({ headers: reading('x-a') }), [409, 500]],
    ['headers that are a revoked proxy', made({ headers: revoked() }), [409, 500]],
    [
      'headers with CR and LF',
      made({ headers: { 'x-a': 'b\r\nset-cookie: c=d', 'x\r\nset-cookie': 'e' } }),
      [409]
    ],
    ['details that throw', made({ details: reading('field') }), [409]],
    ['details that are a revoked proxy', made({ details: revoked() }), [409, 500]],
    ['details whose toJSON throws', made({ details: { toJSON: trap } }), [409]],
    ['an extension that throws', made({ extensions: reading('extra') }), [409, 500]],
    ['a cause that is itself', cyclic, [409]],
    ['a cause that is a revoked proxy', made({ cause: revoked() }), [409]],
    ['a cause that throws', made({ cause: explosive() }), [409]],
    ['a cause whose toJSON throws', made({ cause: { toJSON: trap } }), [409]],
    ['a message of a megabyte', new ConflictError('x'.repeat(2 ** 20)), [409]]
  ]
  for (const [what, error, statuses] of cases) {
    for (const accept of ['*/*', 'application/problem+json']) {
      const response = await responseTo(error, '/handler', { accept })
      const body = response.json()
      t.ok(statuses.includes(response.statusCode), `${what}: ${response.statusCode}`)
      t.equal(body.statusCode ?? body.status, response.statusCode, what)
      t.match(body, { code: String, correlationId: String }, what)
      t.notMatch(response.payload, secret, what)
      t.equal(response.headers['set-cookie'], undefined, what)
    }
  }
})

t.test('members that are changed after the construction are checked when the error is sent', async (t) => {
  const { responseTo } = await thrower(t)
  const error = Object.assign(new ConflictError('clash'), {
    statusCode: 200,
    code: 'a b',
    message: { toString: 1 }
  })
  const response = await responseTo(error)

  t.match(response, { statusCode: 500 })
  t.match(response.json(), { message: 'An error occurred', code: 'INTERNAL_SERVER_ERROR' })
})

t.test('a hook that fails on an error’s response leaks nothing, and a plain 500 is sent', async (t) => {
  const failing = Object.assign(new Error(secret), { headers: { 'set-cookie': 'a=b' }, statusCode: 404 })
  for (const hook of ['onSend', 'preSerialization'] as const) {
    for (const thrown of [failing, secret, null] as Error[]) {
      const { app } = await build(t, {}, (app) => {
        app.addHook(hook, async (_request, reply) => {
          reply.header('x-kept', 'yes')
          await Promise.reject(thrown)
        })
        app.get('/error', async () => {
          throw new ConflictError('clash')
        })
        app.get('/fine', async () => ({ fine: true }))
      })
      for (const url of ['/error', '/fine']) {
        const response = await app.inject(url)
        t.match(response, { statusCode: 500, headers: { 'content-type': /json/, 'set-cookie': undefined } })
        t.match(response.json(), { statusCode: 500, message: 'An error occurred', correlationId: String })
        t.notMatch(response.payload, secret, `${hook} ${url} ${String(thrown)}`)
      }
    }
  }
})

t.test('a header that HTTP does not allow is left out', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/reply', async (_request, reply) => {
      reply.header('x-bad', 'a\r\nset-cookie: b=c')
      throw new ConflictError('clash')
    })
    app.get('/error', async () => {
      throw new ConflictError('clash', { headers: { 'x-bad': 'a\r\nb', 'bad name': 'x', 'x-good': 'yes' } })
    })
  })
  const reply = await app.inject('/reply')
  t.match(reply.json(), { statusCode: 500, message: 'An error occurred', correlationId: 'req-1' })
  t.notOk(reply.headers['set-cookie'])
  const error = await app.inject('/error')
  t.match(error, { statusCode: 409, headers: { 'x-good': 'yes', 'x-bad': undefined } })
})
