// Any value that code may throw: what is sent and what is logged of it.
import fc from 'fast-check'
import t from 'tap'
import { secret } from './helpers.ts'
import { explosive, revoked, statuses, value } from './malicious-values.ts'
import { thrower } from './thrower.ts'

const members = ['statusCode', 'error', 'message', 'code', 'correlationId']

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
    // Lists and maps are how HTTP clients have the headers of a response.
    if (Array.isArray(headers) || headers instanceof Map || valid === undefined) return { statusCode: 500 }
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
  const { responseTo, app } = await thrower(t)
  await fc.assert(
    fc.asyncProperty(foreign, fc.constantFrom('/handler', '/hook'), async (thrown, url) => {
      const response = await responseTo(thrown instanceof Lazy ? thrown.make() : thrown, url)
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
  const { responseTo } = await thrower(t)
  for (const thrown of [null, undefined, 0, '', secret, {}, [], Symbol(secret), 1n, explosive(), revoked()]) {
    const response = await responseTo(thrown, '/sync')
    t.match(response.json(), { statusCode: 500, message: 'An error occurred', correlationId: String })
    t.notMatch(response.payload, secret)
  }
})

t.test(
  'the log has named fields of an error only, without headers and requests of an HTTP client',
  async (t) => {
    const { responseTo, requestLines } = await thrower(t)
    const error = Object.assign(new Error('Request failed'), {
      config: { headers: { authorization: `Bearer ${secret}` } },
      request: { path: secret },
      cause: Object.assign(new Error('socket'), { password: secret })
    })
    await responseTo(error)

    t.match(requestLines()[0], { level: 50, err: { message: 'Request failed: socket' } })
    t.notMatch(JSON.stringify(requestLines()), secret)
  }
)

t.test('a long chain of causes and a long message are cut', async (t) => {
  const { responseTo, requestLines } = await thrower(t)
  const error = new Error('x'.repeat(5_000_000))
  error.cause = error
  await responseTo(error)

  t.ok(JSON.stringify(requestLines()[0]).length < 50_000)
})

t.test('credentials in messages, stacks and causes are not logged', async (t) => {
  const { responseTo, requestLines } = await thrower(t)
  const url = `postgres://app:${secret}@db/orders`
  await responseTo(new Error(`cannot connect to ${url}`, { cause: new Error(`${'x'.repeat(1000)} ${url}`) }))

  t.match(requestLines()[0], { err: { message: /postgres:\/\/\[redacted\]@db/ } })
  t.notMatch(JSON.stringify(requestLines()), /hunter2/)
})
