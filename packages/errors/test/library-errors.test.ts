// Errors of libraries whose status and message are meant for the client.
import { runInNewContext } from 'node:vm'
import rateLimit from '@fastify/rate-limit'
import httpErrors from 'http-errors'
import t from 'tap'
import { build, secret } from './helpers.ts'
import { DomainError, thrower } from './thrower.ts'

t.test('an error of @hapi/boom is answered as it says', async (t) => {
  const { responseTo } = await thrower(t)
  const boom = (statusCode: number, output: object = {}) =>
    Object.assign(new Error(`${secret} of the cause`), {
      isBoom: true,
      isServer: statusCode >= 500,
      output: { statusCode, headers: {}, payload: { statusCode, message: 'for the client' }, ...output }
    })
  const limited = await responseTo(boom(429, { headers: { 'retry-after': '7' } }))
  t.match(limited, { statusCode: 429, headers: { 'retry-after': '7' } })
  t.match(limited.json(), { code: 'TOO_MANY_REQUESTS', message: 'for the client' })
  const failed = await responseTo(boom(503))
  t.match(failed.json(), { statusCode: 503, message: 'Service Unavailable' })
  for (const odd of [null, {}, { statusCode: 200 }, 'x']) {
    const response = await responseTo(Object.assign(boom(404), { output: odd }))
    t.equal(response.statusCode, 500)
    t.notMatch(response.payload, secret)
  }
})

t.test('a multipart body that is cut off or malformed is the client’s mistake', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.addContentTypeParser(['multipart/form-data', 'text/plain'], async () => ({}))
    app.post('/', async () => {
      throw new Error('Unexpected end of multipart data')
    })
  })
  const post = async (type: string) =>
    app.inject({ method: 'POST', url: '/', headers: { 'content-type': type }, payload: 'x' })
  const response = await post('multipart/form-data; boundary=B')
  t.match(response.json(), { statusCode: 400, code: 'BAD_REQUEST', message: /^The multipart body/ })
  t.match(await post('text/plain'), { statusCode: 500 }, 'of another request, it is a fault of the service')
})

t.test('headers that an error’s maker wrote are sent, those of an upstream’s response are not', async (t) => {
  const { responseTo } = await thrower(t)
  const domainError = Object.assign(new DomainError(429), {
    headers: { 'Retry-After': 30, 'x-limit': ['1', '2'] }
  })
  t.match(await responseTo(domainError), {
    statusCode: 429,
    headers: { 'retry-after': '30', 'x-limit': ['1', '2'] }
  })
  const made = httpErrors(405, 'no', { headers: { allow: 'GET', connection: 'close' } })
  t.match(
    await responseTo(made),
    { statusCode: 405, headers: { allow: undefined } },
    'a connection header is not the maker’s'
  )
  t.match(await responseTo(httpErrors(405, 'no', { headers: { allow: 'GET' } })), {
    headers: { allow: 'GET' }
  })
  const wrapped = httpErrors(
    502,
    Object.assign(new Error('up'), { headers: { server: 'x', 'x-their': 'y' } })
  )
  t.match(await responseTo(wrapped), { statusCode: 502, headers: { 'x-their': undefined } })
})

t.test(
  'errorResponseBuilder of @fastify/rate-limit decides status and message, as object and as error',
  async (t) => {
    const builders: Record<string, (statusCode: number) => object> = {
      object: (statusCode) => ({ statusCode, error: 'Slow down', message: 'Come back later', limit: 1 }),
      error: (statusCode) => Object.assign(new Error('Come back later'), { statusCode }),
      class: (statusCode) => Object.assign(new DomainError(statusCode), { message: 'Come back later' })
    }
    for (const draft of [false, true]) {
      const { app, lines } = await build(t, {}, async (app) => {
        await app.register(rateLimit, { global: false, enableDraftSpec: draft })
        for (const [name, make] of Object.entries(builders)) {
          const errorResponseBuilder = (_request: unknown, { statusCode }: { statusCode: number }) =>
            make(statusCode)
          app.get(
            `/${name}`,
            { config: { rateLimit: { max: 1, ban: 1, errorResponseBuilder } } },
            async () => 1
          )
        }
      })
      for (const name of Object.keys(builders)) {
        await app.inject(`/${name}`)
        for (const statusCode of [429, 403]) {
          const response = await app.inject(`/${name}`)
          t.match(
            response.json(),
            { statusCode, code: 'RATE_LIMIT_EXCEEDED', message: 'Come back later' },
            name
          )
          t.ok(response.headers['retry-after'])
        }
      }
      t.equal(lines.filter(({ level, msg }) => level >= 40 && msg.includes('"map"')).length, 0)
    }
  }
)

t.test('errors of another realm are read like others', async (t) => {
  const { responseTo } = await thrower(t, {
    map: [
      { match: RangeError, to: 416 },
      {
        match: 'REALM',
        to: () =>
          runInNewContext('Object.assign(new Error("x"), { status: 410, statusCode: 410, expose: true })')
      }
    ]
  })
  const other = (code: string): unknown => runInNewContext(code)
  t.match(await responseTo(other('new RangeError("x")')), { statusCode: 416 })
  t.match(await responseTo(other('new (class Odd extends RangeError {})("x")')), { statusCode: 416 })
  t.match(await responseTo(other('new TypeError("x")')), { statusCode: 500 })
  t.match(await responseTo(other('Object.assign(new Error("x"), { code: "REALM" })')), { statusCode: 410 })
  t.match(await responseTo(other('class E extends Error { statusCode = 423 }; new E("x")')), {
    statusCode: 423
  })
  t.match(await responseTo(other('Object.assign(new Error("x"), { statusCode: 404 })')), { statusCode: 500 })
})
