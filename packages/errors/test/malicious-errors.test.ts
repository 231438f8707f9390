import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { AppError, ConflictError } from '../src/index.ts'
import { build } from './helpers.ts'

const secret = 'hunter2-not-for-clients'
const members = ['statusCode', 'error', 'message', 'code', 'correlationId']

/** An app that throws any value, in every way that Fastify has. */
async function thrower(t: import('tap').Test, options = {}) {
  let thrown: unknown
  const built = await build(t, options, (app: FastifyInstance) => {
    app.get('/async', async () => {
      throw thrown
    })
    app.get('/sync', () => {
      throw thrown
    })
    app.get('/hook', { preHandler: async () => Promise.reject(thrown as Error) }, async () => 'never')
  })
  return {
    ...built,
    answer: async (url: string, value: unknown, headers: Record<string, string> = {}) => {
      thrown = value
      return built.app.inject({ url, headers })
    }
  }
}

/** A plain value, with the secret in all texts. */
const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, undefined, NaN, 0, -0, 1n, true, false, '', secret, Symbol(secret)),
  fc.double(),
  fc.string().map((text) => `${text}${secret}`),
  fc.constant(() => secret),
  fc.anything({
    withBigInt: true,
    withNullPrototype: true,
    withDate: true,
    withMap: true,
    withSparseArray: true
  })
)

const statuses = fc.oneof(fc.integer({ min: -1, max: 10_000 }), fc.double(), value)

const decorated = fc.dictionary(
  fc.constantFrom(
    'name',
    'code',
    'stack',
    'cause',
    'headers',
    'details',
    'validation',
    'toJSON',
    'then',
    'extra'
  ),
  value
)

const getters = fc
  .subarray([
    'message',
    'name',
    'code',
    'statusCode',
    'status',
    'expose',
    'headers',
    'cause',
    'stack',
    'validation'
  ])
  .map((names) => {
    const error = new Error(secret)
    for (const name of names) {
      Object.defineProperty(error, name, {
        get() {
          throw new Error(secret)
        }
      })
    }
    return error
  })

const explosive = (): unknown => {
  const trap = () => {
    throw new Error(secret)
  }
  return new Proxy(new Error(secret), { get: trap, has: trap, ownKeys: trap, getOwnPropertyDescriptor: trap })
}

const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** A value that is made where it is thrown, because fast-check inspects the values that it generates. */
class Lazy {
  make: () => unknown
  constructor(make: () => unknown) {
    this.make = make
  }
}

/** The status that an error carries, if it can be an error's. */
function chosenStatus(thrown: unknown): { statusCode: number } {
  try {
    const { statusCode, headers, status } = thrown as Record<string, unknown>
    const valid = [statusCode, status].find(
      (value) => Number.isInteger(value) && Number(value) >= 400 && Number(value) < 600
    )
    if (Array.isArray(headers) || valid === undefined) return { statusCode: 500 }
    return { statusCode: Number(valid) }
  } catch {
    return { statusCode: 500 }
  }
}

const foreign = fc.oneof(
  value,
  getters,
  fc.constantFrom(new Lazy(explosive), new Lazy(revoked)),
  fc.record({ status: statuses, members: decorated }).map(({ status, members }) => {
    const error = Object.assign(new Error(secret), members)
    return Object.assign(error, { statusCode: status, message: secret })
  }),
  fc.record({ statusCode: statuses, message: fc.constant(secret), headers: value })
)

t.test('any thrown value becomes an error in the one shape, without its content', async (t) => {
  const { answer, app } = await thrower(t)
  await fc.assert(
    fc.asyncProperty(foreign, fc.constantFrom('/async', '/hook'), async (thrown, url) => {
      const response = await answer(url, thrown instanceof Lazy ? thrown.make() : thrown)
      const body = response.json()
      // Before the handler, the status of a plain error or object is the app's.
      const { statusCode: chosen } = url === '/hook' ? chosenStatus(thrown) : { statusCode: 500 }
      if (response.statusCode !== chosen) return false
      if (response.payload.includes(secret)) return false
      return (
        members.every((member) => member in body) &&
        body.statusCode === chosen &&
        !response.headers['set-cookie']
      )
    }),
    { numRuns: 600 }
  )
  t.equal((await app.inject('/nowhere')).statusCode, 404, 'and the app keeps running')
})

t.test('a value that is thrown synchronously becomes the same response', async (t) => {
  const { answer } = await thrower(t)
  for (const thrown of [null, undefined, 0, '', secret, {}, [], Symbol(secret), 1n, explosive(), revoked()]) {
    const response = await answer('/sync', thrown)
    t.match(response.json(), { statusCode: 500, message: 'An error occurred', correlationId: String })
    t.notMatch(response.payload, secret)
  }
})

t.test('an AppError with any members becomes a valid response with its status', async (t) => {
  const { answer } = await thrower(t, { extensions: ['extra'] })
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
      const response = await answer('/async', error, { accept })
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
  const { answer } = await thrower(t, { extensions: ['extra'] })
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
      const response = await answer('/async', error, { accept })
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
  const { answer } = await thrower(t)
  const error = Object.assign(new ConflictError('clash'), {
    statusCode: 200,
    code: 'a b',
    message: { toString: 1 }
  })
  const response = await answer('/async', error)

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

t.test(
  'the log has named fields of an error only, without headers and requests of an HTTP client',
  async (t) => {
    const { answer, requestLines } = await thrower(t)
    const error = Object.assign(new Error('Request failed'), {
      config: { headers: { authorization: `Bearer ${secret}` } },
      request: { path: secret },
      cause: Object.assign(new Error('socket'), { password: secret })
    })
    await answer('/async', error)

    t.match(requestLines()[0], { level: 50, err: { message: 'Request failed: socket' } })
    t.notMatch(JSON.stringify(requestLines()), secret)
  }
)

t.test('a long chain of causes and a long message are cut', async (t) => {
  const { answer, requestLines } = await thrower(t)
  const error = new Error('x'.repeat(5_000_000))
  error.cause = error
  await answer('/async', error)

  t.ok(JSON.stringify(requestLines()[0]).length < 50_000)
})

t.test('credentials in messages, stacks and causes are not logged', async (t) => {
  const { answer, requestLines } = await thrower(t)
  const url = `postgres://app:${secret}@db/orders`
  await answer(
    '/async',
    new Error(`cannot connect to ${url}`, { cause: new Error(`${'x'.repeat(1000)} ${url}`) })
  )

  t.match(requestLines()[0], { err: { message: /postgres:\/\/\[redacted\]@db/ } })
  t.notMatch(JSON.stringify(requestLines()), /hunter2/)
})
