import { until } from '@seaworthy/testing'
import Fastify, { type RouteShorthandOptions } from 'fastify'
import t from 'tap'
import { resilience } from '../src/index.ts'
import { noRequest } from './helpers/app.ts'
import { buildWithBody, bytes } from './helpers/body.ts'
import { outcomes, settled } from './helpers/clock.ts'
import { json, startUpstream } from './helpers/upstream.ts'

t.test('a stream that ends, breaks or is left releases its timers', async (t) => {
  const { clock, fetch, body } = await buildWithBody(t)
  for (const end of ['end', 'break', 'leave'] as const) {
    const reader = (await fetch()).body!.getReader()
    body().enqueue(bytes('a'))
    t.same(await reader.read(), { done: false, value: bytes('a') })
    if (end === 'end') {
      body().close()
      t.same(await reader.read(), { done: true })
    } else if (end === 'break') {
      body().error(new Error('reset'))
      await t.rejects(reader.read(), { code: 'UPSTREAM_FAILED', cause: { message: 'reset' } })
    } else await reader.cancel()
    t.equal(clock.pending, 0, end)
  }
})

for (const read of ['body', 'arrayBuffer', 'blob', 'bytes'] as const) {
  t.test(`a download by ${read} lives while it flows, and ends when it stops`, async (t) => {
    const { clock, fetch, body } = await buildWithBody(t, { defaults: { totalTimeout: 1000 } })
    // An array, because an async function waits for a promise that it returns.
    const start = async (): Promise<[Promise<string>]> => {
      const response = await fetch()
      const text = (async () =>
        new Response(read === 'body' ? response.body : await response[read]()).text())()
      text.catch(() => undefined)
      return [text]
    }
    const [whole] = await start()
    for (let part = 0; part < 5; part++) {
      await clock.advance(900)
      body().enqueue(bytes('x'))
      await settled()
    }
    body().close()
    t.equal(await whole, 'xxxxx')

    const [stalled] = await start()
    body().enqueue(bytes('x'))
    await settled()
    await clock.advance(1000)
    await t.rejects(stalled, { code: 'TIMEOUT' })
  })
}

const limits: [string, RouteShorthandOptions, string][] = [
  ['without a deadline lets a download flow', { config: { deadline: false } }, 'complete'],
  ['with the default deadline lets a download flow', {}, 'complete'],
  ['with a deadline ends a download', { config: { deadline: 2000 } }, 'DEADLINE_EXCEEDED']
]
for (const [name, route, expected] of limits) {
  t.test(`a route ${name}`, async (t) => {
    const { app, clock, body } = await buildWithBody(t, { deadline: { default: 1500 } })
    let how: unknown
    app.get('/', route, async (request, reply) => {
      const response = await app.resilience.fetch(request, 'http://upstream/')
      const reader = response.body!.getReader()
      void (async () => {
        while (!(await reader.read()).done);
        how = 'complete'
      })().catch((error: { code: string }) => (how = error.code))
      await until('the end of the download', () => how !== undefined)
      return reply.send({ how })
    })
    const answer = app.inject('/')
    await until('the call', () => body() !== undefined)
    for (let part = 0; part < 6 && how === undefined; part++) {
      await clock.advance(500)
      if (how === undefined) body().enqueue(bytes('x'))
      await settled()
    }
    if (how === undefined) body().close()
    t.same((await answer).json(), { how: expected })
  })
}

t.test('a wrong deadline of a route fails the start', async (t) => {
  const { app } = await buildWithBody(t)
  for (const deadline of [0, -1, 2 ** 31, '5s', true]) {
    t.throws(() => app.get(`/${deadline}`, { config: { deadline: deadline as never } }, () => 'x'), {
      code: 'INVALID_OPTION',
      message: /"config\.deadline" of/
    })
  }
})

t.test('the body of an error may be later than the time of the call', async (t) => {
  const { clock, fetch, body } = await buildWithBody(
    t,
    { defaults: { totalTimeout: 1000, bodyTimeout: 5000 } },
    422
  )
  const response = await fetch()
  const text = response.json()
  await clock.advance(4000)
  body().enqueue(bytes('{"why":"late"}'))
  body().close()
  t.same(await text, { why: 'late' })
})

t.test('broken bodies open a breaker that counts failures in a row', async (t) => {
  const { fetch, body, breaker } = await buildWithBody(t, { defaults: { consecutive: 3 } })
  const broken = async () => {
    const response = await fetch()
    body().error(new Error('reset'))
    return response.text()
  }
  const whole = async () => {
    const response = await fetch()
    body().close()
    return response.text()
  }
  await outcomes(2, broken)
  await whole()
  await outcomes(2, broken)
  t.equal(breaker().state, 'closed')
  await outcomes(1, broken)
  t.equal(breaker().state, 'open')
})

t.test(
  'a probe with a broken body has failed, one with a whole body or without a reader has not',
  async (t) => {
    const { clock, fetch, body, breaker } = await buildWithBody(t, {
      defaults: { consecutive: 1, resetTimeout: 1000, maxResetTimeout: 1000 }
    })
    const broken = async () => {
      const response = await fetch()
      body().error(new Error('reset'))
      return response.text()
    }
    await outcomes(1, broken)
    await clock.advance(1000)
    t.strictSame(await outcomes(2, broken), ['UPSTREAM_FAILED', 'BREAKER_OPEN'])

    await clock.advance(1000)
    const response = await fetch()
    t.equal(breaker().state, 'half-open')
    body().close()
    await response.text()
    t.equal(breaker().state, 'closed')

    await outcomes(1, broken)
    await clock.advance(1000)
    await fetch()
    t.equal(breaker().state, 'half-open')
    await clock.advance(1000)
    t.equal(breaker().state, 'closed')
  }
)

t.test('of two hedged attempts that succeed at once, the body of the first is not aborted', async (t) => {
  const { app, clock } = await buildWithBody(t)
  const signals: AbortSignal[] = []
  const answers = [Promise.withResolvers<Response>(), Promise.withResolvers<Response>()]
  const breaker = app.resilience.breaker(
    'pages',
    ({ signal }) => {
      signals.push(signal)
      return answers[signals.length - 1]!.promise
    },
    { hedge: { delay: 10 } }
  )
  const call = breaker.call(noRequest)
  await clock.advance(10)
  let canceled = 0
  for (const [index, { resolve }] of answers.entries())
    resolve(
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(bytes(String(index))),
          cancel: () => void canceled++
        })
      )
    )
  const response = await call
  await settled()
  t.same(await response.body!.getReader().read(), { done: false, value: bytes('0') })
  t.equal(signals[0]!.aborted, false)
  t.equal(canceled, 1, 'the other body is let go')
})

t.test('a body that is only looked at can be read, and an answer can be passed on whole', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience, { shedding: false })
  const upstream = await startUpstream(t, json({ fine: true }))
  const response = await app.resilience.fetch(noRequest, upstream.url)
  t.ok(response.body)
  const copy = response.clone()
  t.same(await response.json(), { fine: true })
  t.same(await copy.json(), { fine: true })
  await t.rejects(response.json(), TypeError)
  app.get('/', (request) => app.resilience.fetch(request, upstream.url))
  t.same((await app.inject('/')).json(), { fine: true })
})
