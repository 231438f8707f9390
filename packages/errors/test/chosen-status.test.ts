// Errors that carry a status: which of them chose it for the client.
import { runInThisContext } from 'node:vm'
import t from 'tap'
import type { ErrorMapping } from '../src/index.ts'
import { build, secret } from './helpers.ts'
import { DomainError, thrower } from './thrower.ts'

t.test(
  'an error of the app’s own class is answered with its status, and its message is masked',
  async (t) => {
    const { responseTo, warnings, requestLines } = await thrower(t)
    for (const statusCode of [400, 401, 404, 409, 422, 499]) {
      const response = await responseTo(new DomainError(statusCode, 'ORDER_IS_LOCKED'))
      t.match(response, { statusCode })
      t.equal(response.json().code, 'ORDER_IS_LOCKED')
      t.notMatch(response.payload, secret)
    }
    t.match(await responseTo(new DomainError(503, 'QUEUE_OF_ACME_IS_FULL')), { statusCode: 503 })
    t.match((await responseTo(new DomainError(503, 'QUEUE_OF_ACME_IS_FULL'))).json(), {
      code: 'SERVICE_UNAVAILABLE'
    })
    t.match((await responseTo(new DomainError(409, `${secret} in a code`))).json(), { code: 'CONFLICT' })
    t.equal(warnings().length, 1, 'one warning for the class')
    t.match(warnings()[0]!.msg, /match: DomainError, to: \(error\) => /)
    t.match(requestLines()[0], { level: 30, err: { message: secret } }, 'the log has the message')
  }
)

t.test('a class without a name is one of the app’s all the same', async (t) => {
  const { responseTo } = await thrower(t)
  const [Nameless] = [
    class extends Error {
      statusCode = 410
    }
  ]
  t.equal(Nameless.name, '')
  t.match(await responseTo(new Nameless(secret)), { statusCode: 410 })
  t.match(await responseTo(Object.assign(Object.create(null) as object, { statusCode: 410 })), {
    statusCode: 500
  })
})

t.test('a status outside 400 to 599 is none', async (t) => {
  const { responseTo } = await thrower(t)
  for (const statusCode of [0, 200, 204, 302, 399, 600, 9999, 404.5, Number.NaN, '404' as never])
    t.match(await responseTo(new DomainError(statusCode)), { statusCode: 500 }, String(statusCode))
  t.match(await responseTo(Object.assign(new DomainError(200), { status: 410 })), { statusCode: 410 })
})

t.test('a class that exposes its message has it sent, below 500 only', async (t) => {
  const { responseTo, warnings } = await thrower(t)
  const exposed = (statusCode: number) =>
    Object.assign(new DomainError(statusCode), { expose: true, message: 'Pay first' })
  t.match((await responseTo(exposed(402))).json(), { statusCode: 402, message: 'Pay first' })
  t.match((await responseTo(exposed(507))).json(), { statusCode: 507, message: 'Insufficient Storage' })
  t.equal(warnings().length, 0)
})

t.test('a plain error that exposes its message keeps its status, one without does not', async (t) => {
  const { responseTo } = await thrower(t)
  const plain = (more: object) => Object.assign(new Error('Sold out'), more)
  for (const member of ['statusCode', 'status'])
    t.match((await responseTo(plain({ [member]: 409, expose: true }))).json(), {
      statusCode: 409,
      message: 'Sold out'
    })
  t.match((await responseTo(plain({ statusCode: 409, expose: false }))).json(), { statusCode: 500 })
  t.match((await responseTo(plain({ statusCode: 503, expose: true }))).json(), {
    statusCode: 503,
    message: 'Service Unavailable'
  })
  const upstream = plain({ isAxiosError: true, status: 409, expose: true, response: { status: 409 } })
  t.match((await responseTo(upstream)).json(), { statusCode: 500 })
})

t.test('the option "expose" sends masked messages of 4xx too', async (t) => {
  const { responseTo } = await thrower(t, { expose: (error) => error instanceof DomainError })
  t.match((await responseTo(new DomainError(404))).json(), { statusCode: 404, message: secret })
})

t.test('the line that a warning names sends status, code and message', async (t) => {
  const { responseTo, warnings } = await thrower(t, {
    map: [
      {
        match: DomainError,
        to: (error) => {
          const { statusCode, code, message } = error as DomainError
          return { statusCode, code, message }
        }
      }
    ]
  })
  t.match((await responseTo(new DomainError(404, 'NO_SUCH_USER'))).json(), {
    statusCode: 404,
    code: 'NO_SUCH_USER',
    message: secret
  })
  t.equal(warnings().length, 0)
})

t.test('a plain error that a handler throws is a 500, because its status may be an upstream’s', async (t) => {
  const { responseTo, warnings } = await thrower(t)
  for (let i = 0; i < 3; i++) {
    for (const error of [new Error(secret), new TypeError(secret), {}]) {
      const response = await responseTo(Object.assign(error, { statusCode: 404 }))
      t.match(response, { statusCode: 500 })
      t.notMatch(response.payload, secret)
    }
    await responseTo(Object.assign(new Error(secret), { statusCode: 404, code: 'NO_SUCH_USER' }))
  }
  t.equal(warnings().length, 4, 'one warning for each kind')
  t.match(
    warnings()[0]!.msg,
    /ignored and the response is 500.*match: \(error\) => error\?\.statusCode === 404/
  )
  t.match(warnings()[3]!.msg, /match: 'NO_SUCH_USER'/)
})

t.test('the change that a warning names works for an error with either member', async (t) => {
  class Missing extends Error {
    readonly status = 404
  }
  for (const error of [
    Object.assign(new Error('no such user'), { status: 404 }),
    Object.assign(new Error('no such user'), { statusCode: 404 }),
    new Missing('no such user')
  ]) {
    const first = await thrower(t)
    await first.responseTo(error)
    const [, match = '', to = ''] = /match: (.+?), to: (.+) \}$/.exec(first.warnings()[0]!.msg) ?? []
    const make = runInThisContext(`(Missing) => ({ match: ${match}, to: ${to} })`) as (
      missing: typeof Missing
    ) => ErrorMapping
    const second = await thrower(t, { map: [make(Missing)] })
    t.match((await second.responseTo(error)).json(), { statusCode: 404, message: 'no such user' })
  }
})

t.test('before the handler, the status of a plain error is the app’s', async (t) => {
  const { responseTo } = await thrower(t)
  for (const [error, statusCode] of [
    [Object.assign(new Error(secret), { statusCode: 403 }), 403],
    [Object.assign(new SyntaxError(secret), { status: 415 }), 415],
    [{ statusCode: 429, message: secret }, 429]
  ] as const) {
    const response = await responseTo(error, '/hook')
    t.match(response, { statusCode })
    t.notMatch(response.payload, secret)
  }
})

t.test('an error that carries an upstream’s response is a 500 wherever it is thrown', async (t) => {
  const { responseTo, warnings } = await thrower(t)
  class ClientError extends DomainError {}
  const upstream = (members: object) => Object.assign(new ClientError(404), members)
  const cases = {
    axios: { isAxiosError: true, config: {}, request: {}, response: { status: 404 } },
    got: { response: { statusCode: 404 }, options: {} },
    aws: { $metadata: { httpStatusCode: 404 }, $fault: 'client' },
    undici: { headers: { date: 'today', 'set-cookie': 'their=session' }, body: secret },
    openai: { headers: new Headers({ 'x-a': 'b' }) },
    'raw headers': { headers: ['Date', 'today'] },
    elastic: { meta: { statusCode: 404, headers: {} } },
    stripe: { raw: { statusCode: 404 } },
    'a generated SDK': { rawResponse: {}, body: {} },
    'the AI SDK': { responseHeaders: {}, responseBody: '' },
    'undici without headers': { code: 'UND_ERR_RESPONSE_STATUS_CODE', headers: {} },
    supabase: { __isStorageError: true }
  }
  for (const [name, members] of Object.entries(cases)) {
    for (const url of ['/handler', '/hook']) {
      const response = await responseTo(upstream(members), url)
      t.match(response, { statusCode: 500, headers: { 'set-cookie': undefined } }, `${name} ${url}`)
    }
  }
  t.match(
    await responseTo(new Response('no', { status: 404 })),
    { statusCode: 500 },
    'a thrown response of fetch'
  )
  t.equal(warnings().length, 0)
})

t.test('a content type parser that sets a status is answered with it', async (t) => {
  const { app } = await build(t, {}, (app) => {
    for (const [type, members] of [
      ['a/callback', { statusCode: 400 }],
      ['a/status', { status: 422 }]
    ] as const) {
      app.addContentTypeParser(type, { parseAs: 'string' }, (_request, _body, done) =>
        done(Object.assign(new Error(secret), members))
      )
    }
    app.addContentTypeParser('a/promise', async () => {
      throw Object.assign(new SyntaxError(secret), { statusCode: 413 })
    })
    app.post('/', async () => 'never')
  })
  for (const [type, statusCode] of [
    ['a/callback', 400],
    ['a/status', 422],
    ['a/promise', 413]
  ] as const) {
    const response = await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': type },
      body: 'x'
    })
    t.match(response, { statusCode }, type)
    t.notMatch(response.payload, secret)
  }
})
