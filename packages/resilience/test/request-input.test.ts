import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { resilience } from '../src/index.ts'
import { buildWithClock, errorOf, noRequest } from './helpers/app.ts'
import { startUpstream } from './helpers/upstream.ts'

/** An app whose calls answer with what the upstream has received, after so many failures. */
async function buildApp(t: Test, failures = 0) {
  let left = failures
  const upstream = await startUpstream(t, ({ method, headers, response }) => {
    const chunks: Buffer[] = []
    response.req.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.req.on('end', () => {
      response.statusCode = left-- > 0 ? 503 : 200
      const { authorization, 'content-type': type, 'content-length': length } = headers
      response.end(JSON.stringify({ method, authorization, type, length, body: `${Buffer.concat(chunks)}` }))
    })
  })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience, { defaults: { retry: { delay: 1 } } })
  return { app, ...upstream }
}

t.test('a call takes a Request, as libraries above fetch pass it', async (t) => {
  const { app, url } = await buildApp(t)
  const headers = { authorization: 'Bearer a', 'content-type': 'application/json' }
  const request = new Request(url, { method: 'POST', headers, body: '{"a":1}' })
  const response = await app.resilience.fetch(noRequest, request)
  t.strictSame(await response.json(), {
    method: 'POST',
    authorization: 'Bearer a',
    type: 'application/json',
    length: '7',
    body: '{"a":1}'
  })
})

t.test('the options of a call come before those of its Request, unless they are undefined', async (t) => {
  const { app, url } = await buildApp(t)
  const request = new Request(url, { method: 'POST', body: 'a', headers: { authorization: 'Bearer a' } })
  const options = { method: undefined, headers: { authorization: 'Bearer b' } } as object
  const response = await app.resilience.fetch(noRequest, request, options)
  t.match(await response.json(), { method: 'POST', authorization: 'Bearer b', body: 'a' })
})

t.test('the body of a Request is sent again with a retry', async (t) => {
  const { app, url, seen } = await buildApp(t, 1)
  const response = await app.resilience.fetch(noRequest, new Request(url, { method: 'PUT', body: 'a' }))
  t.match(await response.json(), { method: 'PUT', body: 'a' })
  t.equal(seen.length, 2)
})

t.test('the signal of a Request aborts the call, and a body that was read before is an error', async (t) => {
  const { app, url } = await buildApp(t)
  const signal = AbortSignal.abort(new Error('not wanted'))
  await t.rejects(app.resilience.fetch(noRequest, new Request(url, { signal })), {
    cause: { message: 'not wanted' }
  })
  const request = new Request(url, { method: 'POST', body: 'a' })
  await request.text()
  await t.rejects(app.resilience.fetch(noRequest, request), TypeError)
  t.match(app.resilience.list(), [{ counts: { failure: 0 } }])
})

/** A request whose body never ends, and whether it is being read. */
function endless(init: RequestInit = {}) {
  const reading = Promise.withResolvers<void>()
  const body = new ReadableStream({ pull: () => reading.resolve() }, { highWaterMark: 0 })
  const request = new Request('http://users.internal/', { method: 'POST', body, duplex: 'half', ...init })
  return { request, reading: reading.promise }
}

t.test('a Request whose body never ends is a 504 at the end of the call’s time', async (t) => {
  const { app, clock } = await buildWithClock(t)
  const error = errorOf(app.resilience.fetch(noRequest, endless().request))
  await clock.advance(30_000)
  t.match(await error, { code: 'TIMEOUT', statusCode: 504 })
  t.match(app.resilience.list(), [{ counts: { failure: 0, timeout: 0 } }], 'it is no failure of the service')
})

t.test('a Request whose body never ends is a 504 at the deadline of the inbound request', async (t) => {
  const { app, clock } = await buildWithClock(t, { deadline: { default: 1000 } })
  const { request: body, reading } = endless()
  app.post('/', (request) => app.resilience.fetch(request, body))
  const answer = app.inject({ method: 'POST', url: '/' })
  await reading
  await clock.advance(1000)
  t.match((await answer).json(), { statusCode: 504, code: 'DEADLINE_EXCEEDED' })
})

t.test('the caller’s signal and the end of the app end the reading of a Request’s body', async (t) => {
  const { app } = await buildWithClock(t)
  const controller = new AbortController()
  const aborted = endless({ signal: controller.signal })
  const error = errorOf(app.resilience.fetch(noRequest, aborted.request))
  await aborted.reading
  controller.abort(new Error('not wanted'))
  t.match(await error, { code: 'CALL_CANCELED', cause: { message: 'not wanted' } })

  const open = endless()
  const closed = errorOf(app.resilience.fetch(noRequest, open.request))
  await open.reading
  await app.close()
  t.match(await closed, { code: 'SERVICE_CLOSING' })
  t.match(await errorOf(app.resilience.fetch(noRequest, endless().request)), { code: 'SERVICE_CLOSING' })
})
