import { createRequire } from 'node:module'
import { runInNewContext } from 'node:vm'
import rateLimit from '@fastify/rate-limit'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import httpErrors from 'http-errors'
import t, { type Test } from 'tap'
import { AppError, ConflictError, defineError, errors, MethodNotAllowedError } from '../src/index.ts'
import type { ErrorsOptions } from '../src/index.ts'
import { build } from './helpers.ts'

const secret = 'hunter2-not-for-clients'

class DomainError extends Error {
  readonly statusCode: number
  readonly code: string | undefined
  constructor(statusCode: number, code?: string) {
    super(secret)
    this.statusCode = statusCode
    this.code = code
  }
}

/** An app whose handler throws what the test sets. */
async function thrower(t: Test, options: ErrorsOptions = {}, server: FastifyServerOptions = {}) {
  let thrown: unknown
  const built = await build(
    t,
    options,
    (app: FastifyInstance) => {
      app.get('/handler', async () => {
        throw thrown
      })
      app.get('/hook', { preHandler: async () => Promise.reject(thrown as Error) }, async () => 'never')
    },
    server
  )
  const answer = async (value: unknown, url = '/handler') => {
    thrown = value
    return built.app.inject(url)
  }
  const warnings = () => built.lines.filter(({ level, msg }) => level === 40 && msg.includes('"map"'))
  return { ...built, answer, warnings }
}

t.test(
  'an error of the app’s own class is answered with its status, and its message is masked',
  async (t) => {
    const { answer, warnings, requestLines } = await thrower(t)
    for (const statusCode of [400, 401, 404, 409, 422, 499]) {
      const response = await answer(new DomainError(statusCode, 'ORDER_IS_LOCKED'))
      t.match(response, { statusCode })
      t.equal(response.json().code, 'ORDER_IS_LOCKED')
      t.notMatch(response.payload, secret)
    }
    t.match(await answer(new DomainError(503, 'QUEUE_OF_ACME_IS_FULL')), { statusCode: 503 })
    t.match((await answer(new DomainError(503, 'QUEUE_OF_ACME_IS_FULL'))).json(), {
      code: 'SERVICE_UNAVAILABLE'
    })
    t.match((await answer(new DomainError(409, `${secret} in a code`))).json(), { code: 'CONFLICT' })
    t.equal(warnings().length, 1, 'one warning for the class')
    t.match(warnings()[0]!.msg, /match: DomainError, to: \(error\) => /)
    t.match(requestLines()[0], { level: 30, err: { message: secret } }, 'the log has the message')
  }
)

t.test('a class without a name is one of the app’s all the same', async (t) => {
  const { answer } = await thrower(t)
  const [Nameless] = [
    class extends Error {
      statusCode = 410
    }
  ]
  t.equal(Nameless.name, '')
  t.match(await answer(new Nameless(secret)), { statusCode: 410 })
  t.match(await answer(Object.assign(Object.create(null) as object, { statusCode: 410 })), {
    statusCode: 500
  })
})

t.test('an error of @hapi/boom is answered as it says', async (t) => {
  const { answer } = await thrower(t)
  const boom = (statusCode: number, output: object = {}) =>
    Object.assign(new Error(`${secret} of the cause`), {
      isBoom: true,
      isServer: statusCode >= 500,
      output: { statusCode, headers: {}, payload: { statusCode, message: 'for the client' }, ...output }
    })
  const limited = await answer(boom(429, { headers: { 'retry-after': '7' } }))
  t.match(limited, { statusCode: 429, headers: { 'retry-after': '7' } })
  t.match(limited.json(), { code: 'TOO_MANY_REQUESTS', message: 'for the client' })
  const failed = await answer(boom(503))
  t.match(failed.json(), { statusCode: 503, message: 'Service Unavailable' })
  for (const odd of [null, {}, { statusCode: 200 }, 'x']) {
    const response = await answer(Object.assign(boom(404), { output: odd }))
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

t.test('a status outside 400 to 599 is none', async (t) => {
  const { answer } = await thrower(t)
  for (const statusCode of [0, 200, 204, 302, 399, 600, 9999, 404.5, Number.NaN, '404' as never])
    t.match(await answer(new DomainError(statusCode)), { statusCode: 500 }, String(statusCode))
  t.match(await answer(Object.assign(new DomainError(200), { status: 410 })), { statusCode: 410 })
})

t.test('a class that exposes its message has it sent, below 500 only', async (t) => {
  const { answer, warnings } = await thrower(t)
  const exposed = (statusCode: number) =>
    Object.assign(new DomainError(statusCode), { expose: true, message: 'Pay first' })
  t.match((await answer(exposed(402))).json(), { statusCode: 402, message: 'Pay first' })
  t.match((await answer(exposed(507))).json(), { statusCode: 507, message: 'Insufficient Storage' })
  t.equal(warnings().length, 0)
})

t.test('the option "expose" sends masked messages of 4xx too', async (t) => {
  const { answer } = await thrower(t, { expose: (error) => error instanceof DomainError })
  t.match((await answer(new DomainError(404))).json(), { statusCode: 404, message: secret })
})

t.test('the line that a warning names sends status, code and message', async (t) => {
  const { answer, warnings } = await thrower(t, {
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
  t.match((await answer(new DomainError(404, 'NO_SUCH_USER'))).json(), {
    statusCode: 404,
    code: 'NO_SUCH_USER',
    message: secret
  })
  t.equal(warnings().length, 0)
})

t.test('a plain error that a handler throws is a 500, because its status may be an upstream’s', async (t) => {
  const { answer, warnings } = await thrower(t)
  for (let i = 0; i < 3; i++) {
    for (const error of [new Error(secret), new TypeError(secret), {}]) {
      const response = await answer(Object.assign(error, { statusCode: 404 }))
      t.match(response, { statusCode: 500 })
      t.notMatch(response.payload, secret)
    }
    await answer(Object.assign(new Error(secret), { statusCode: 404, code: 'NO_SUCH_USER' }))
  }
  t.equal(warnings().length, 4, 'one warning for each kind')
  t.match(
    warnings()[0]!.msg,
    /ignored and the answer is 500.*match: \(error\) => error\?\.statusCode === 404/
  )
  t.match(warnings()[3]!.msg, /match: 'NO_SUCH_USER'/)
})

t.test('before the handler, the status of a plain error is the app’s', async (t) => {
  const { answer } = await thrower(t)
  for (const [error, statusCode] of [
    [Object.assign(new Error(secret), { statusCode: 403 }), 403],
    [Object.assign(new SyntaxError(secret), { status: 415 }), 415],
    [{ statusCode: 429, message: secret }, 429]
  ] as const) {
    const response = await answer(error, '/hook')
    t.match(response, { statusCode })
    t.notMatch(response.payload, secret)
  }
})

t.test('an error that carries an upstream’s response is a 500 wherever it is thrown', async (t) => {
  const { answer, warnings } = await thrower(t)
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
      const response = await answer(upstream(members), url)
      t.match(response, { statusCode: 500, headers: { 'set-cookie': undefined } }, `${name} ${url}`)
    }
  }
  t.match(
    await answer(new Response('no', { status: 404 })),
    { statusCode: 500 },
    'a thrown response of fetch'
  )
  t.equal(warnings().length, 0)
})

t.test('headers that an error’s maker wrote are sent, those of an upstream’s response are not', async (t) => {
  const { answer } = await thrower(t)
  const own = Object.assign(new DomainError(429), { headers: { 'Retry-After': 30, 'x-limit': ['1', '2'] } })
  t.match(await answer(own), { statusCode: 429, headers: { 'retry-after': '30', 'x-limit': ['1', '2'] } })
  const made = httpErrors(405, 'no', { headers: { allow: 'GET', connection: 'close' } })
  t.match(
    await answer(made),
    { statusCode: 405, headers: { allow: undefined } },
    'a connection header is not the maker’s'
  )
  t.match(await answer(httpErrors(405, 'no', { headers: { allow: 'GET' } })), { headers: { allow: 'GET' } })
  const wrapped = httpErrors(
    502,
    Object.assign(new Error('up'), { headers: { server: 'x', 'x-their': 'y' } })
  )
  t.match(await answer(wrapped), { statusCode: 502, headers: { 'x-their': undefined } })
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
  const { answer } = await thrower(t, {
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
  t.match(await answer(other('new RangeError("x")')), { statusCode: 416 })
  t.match(await answer(other('new (class Odd extends RangeError {})("x")')), { statusCode: 416 })
  t.match(await answer(other('new TypeError("x")')), { statusCode: 500 })
  t.match(await answer(other('Object.assign(new Error("x"), { code: "REALM" })')), { statusCode: 410 })
  t.match(await answer(other('class E extends Error { statusCode = 423 }; new E("x")')), { statusCode: 423 })
  t.match(await answer(other('Object.assign(new Error("x"), { statusCode: 404 })')), { statusCode: 500 })
})

t.test('a rule maps to a class that needs no argument, and refuses others at start', async (t) => {
  const Duplicate = defineError('DUPLICATE', { statusCode: 409, message: 'There is one already' })
  const Missing = defineError('MISSING', { statusCode: 404, message: (id: string) => `No ${id}` })
  class Locked extends AppError {
    constructor() {
      super('Locked for now', { statusCode: 423, code: 'LOCKED' })
    }
  }
  const { answer, requestLines } = await thrower(t, {
    map: [
      { match: '23505', to: ConflictError },
      { match: '1062', to: Duplicate },
      { match: '55P03', to: Locked }
    ]
  })
  const failed = (code: string) => Object.assign(new Error(secret), { code })
  t.match((await answer(failed('23505'))).json(), { statusCode: 409, code: 'CONFLICT', message: 'Conflict' })
  t.match((await answer(failed('1062'))).json(), { code: 'DUPLICATE', message: 'There is one already' })
  t.match((await answer(failed('55P03'))).json(), { statusCode: 423, message: 'Locked for now' })
  t.match(requestLines()[0], { err: { message: secret } })

  class Plain {}
  for (const to of [
    Missing,
    MethodNotAllowedError,
    AppError,
    Plain,
    Error,
    createRequire(import.meta.url)('http-errors').Conflict
  ]) {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(Promise.resolve(app.register(errors, { map: [{ match: 'X', to: to as never }] })), {
      code: 'INVALID_OPTION',
      message: /"map\[0\]\.to" must be an error class of this package whose constructor needs no argument/
    })
  }
})

t.test(
  'functions of options that return a promise or throw make a plain 500 and no unhandled rejection',
  async (t) => {
    const rejected = () => Promise.reject(new Error(secret)) as never
    const throwing = () => {
      throw new Error(secret)
    }
    for (const fn of [rejected, throwing]) {
      for (const options of [
        { map: [{ match: fn, to: 404 }] },
        { map: [{ match: 'X', to: fn }] },
        { expose: fn },
        { messages: fn }
      ] as ErrorsOptions[]) {
        const { app } = await build(t, options, (app) => {
          app.get('/', async () => {
            throw Object.assign(new Error(secret), { code: 'X' })
          })
        })
        const response = await app.inject({ url: '/', headers: { 'accept-language': 'de' } })
        t.match(response, { statusCode: 500 }, JSON.stringify(Object.keys(options)))
        t.notMatch(response.payload, secret)
      }
    }
  }
)
