// Errors and results as HTTP clients make them, and some that no client should make.
import { PassThrough } from 'node:stream'
import t from 'tap'
import { buildWithClock, errorOf, guardedService, noRequest } from './helpers/app.ts'

class HeadersOfALibrary {
  readonly #values: Record<string, string>

  constructor(values: Record<string, string>) {
    this.#values = values
  }

  get(name: string): string | null {
    return this.#values[name] ?? null
  }
}

for (const [name, members] of Object.entries({
  'a member of the error': { retryAfter: 7 },
  'a Headers object': { headers: new Headers({ 'retry-after': '7' }) },
  "a library's Headers": {
    response: { status: 503, headers: new HeadersOfALibrary({ 'retry-after': '7' }) }
  },
  'a Map': { headers: new Map([['retry-after', '7']]) },
  'an object': { response: { status: 503, headers: { 'retry-after': '7' } } },
  'names in capitals': { headers: { 'Retry-After': '7' } }
})) {
  t.test(`Retry-After reaches the caller from ${name}`, async (t) => {
    const { upstream, call } = await guardedService(t)
    upstream.answer = () => Promise.reject(Object.assign(new Error('busy'), members))
    t.match(await errorOf(call()), {
      code: 'UPSTREAM_FAILED',
      retryAfter: 7,
      headers: { 'retry-after': '7' }
    })
  })
}

t.test('a Retry-After that is neither a number of seconds nor a date is left out', async (t) => {
  const { upstream, call } = await guardedService(t)
  for (const value of ['', '1.5', '-5', 'soon', '1e3', ['7'], {}, null]) {
    upstream.answer = () =>
      Promise.reject(Object.assign(new Error('busy'), { headers: { 'retry-after': value } }))
    const error = await errorOf(call())
    t.equal(error.retryAfter, undefined, JSON.stringify(value))
    t.notOk(error.headers)
  }
})

for (const member of ['status', 'statusCode', 'response', 'headers', 'retryAfter', 'code']) {
  t.test(`an error whose ${member} cannot be read fails its call, and counts`, async (t) => {
    const { clock, upstream, breaker, call } = await guardedService(t, { retry: { limit: 1, delay: 1 } })
    const failure = Object.defineProperty(new Error('down'), member, {
      get() {
        throw new Error('no member')
      }
    })
    upstream.answer = () => Promise.reject(failure)
    const result = errorOf(call())
    await clock.advance(1)
    const error = await result
    t.match(error, { code: 'UPSTREAM_FAILED' })
    t.equal(error.cause, failure)
    t.equal(breaker.snapshot().counts.failure, 2)
  })
}

const thrown: Record<string, unknown> = {
  undefined,
  null: null,
  'an empty text': '',
  zero: 0,
  'a symbol': Symbol('down'),
  'an object without a prototype': Object.create(null),
  'a frozen error': Object.freeze(new Error('down'))
}
for (const [name, value] of Object.entries(thrown)) {
  t.test(`a service that throws ${name} fails its call`, async (t) => {
    const { upstream, breaker, call } = await guardedService(t)
    upstream.answer = () => {
      throw value
    }
    const error = await errorOf(call())
    t.match(error, { code: 'UPSTREAM_FAILED', statusCode: 502 })
    t.equal(error.cause, value)
    t.equal(breaker.snapshot().counts.failure, 1)
  })
}

t.test(
  'the body of a result that counts as a failure is destroyed, and its late error is handled',
  async (t) => {
    const { resilience } = await buildWithClock(t)
    const body = new PassThrough()
    const breaker = resilience.breaker('users', () => ({ status: 500, body }), {
      isFailure: (_error, result) => (result as { status: number } | undefined)?.status === 500
    })
    t.match(await errorOf(breaker.call(noRequest)), { code: 'UPSTREAM_FAILED' })
    t.equal(body.destroyed, true)
    t.doesNotThrow(() => body.emit('error', new Error('reset')))
  }
)

t.test('a result whose body cannot be read fails its call', async (t) => {
  const { resilience } = await buildWithClock(t)
  const result = Object.defineProperty({}, 'body', {
    get() {
      throw new Error('no body')
    }
  })
  const breaker = resilience.breaker('users', () => result, { isFailure: () => true })
  t.match(await errorOf(breaker.call(noRequest)), { code: 'UPSTREAM_FAILED' })
})
