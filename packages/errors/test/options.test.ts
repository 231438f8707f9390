import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { AppError, defineError, errors, errorsServerOptions, type ErrorsOptions } from '../src/index.ts'

const wrong: [object, string | RegExp][] = [
  [{ formt: 'json' }, 'errors: "formt" is not an option, did you mean "format"?'],
  [{ format: 'xml' }, `errors: "format" must be one of 'json', 'problem', got 'xml'`],
  [{ typeBase: 'errors.example.com' }, /"typeBase" must be an absolute URL or a path/],
  [{ typeBase: '' }, /"typeBase" must be a non-empty string/],
  [{ map: {} }, 'errors: "map" must be an array of { match, to }, got an object'],
  [{ map: [null] }, 'errors: "map[0]" must be { match, to }, got null'],
  [{ map: [{ match: 'X', with: 404 }] }, 'errors: "map[0].with" is not an option'],
  [
    { map: [{ match: 7, to: 404 }] },
    'errors: "map[0].match" must be an error class, a code or a function, got 7'
  ],
  [{ map: [{ match: 'X', to: 200 }] }, /"map\[0\]\.to" must be a status from 400 to 599.*got 200/],
  [{ map: [{ match: 'X', to: { statusCode: 302 } }] }, /"map\[0\]\.to" must be a status .*got 302/],
  [{ map: [{ match: 'X' }] }, /"map\[0\]\.to" must be/],
  [{ expose: 'yes' }, `errors: "expose" must be true, false or a function, got 'yes'`],
  [{ messages: {} }, 'errors: "messages" must be a function, got an object'],
  [{ extensions: 'balance' }, /"extensions" must be an array/],
  [
    { extensions: ['statusCode'] },
    /"extensions\[0\]" must be a name that no error body has yet, got 'statusCode'/
  ],
  [{ challenge: 'Bearer\r\nset-cookie: a=b' }, /"challenge" must be a WWW-Authenticate value/],
  [{ challenge: true }, /"challenge" must be a non-empty string, got true/],
  [{ mode: 'report' }, `errors: "mode" must be one of 'enforce', 'observe', got 'report'`],
  [{ notFound: 'no' }, `errors: "notFound" must be true or false, got 'no'`],
  [{ methodNotAllowed: 1 }, 'errors: "methodNotAllowed" must be true or false, got 1'],
  [{ schemas: null }, 'errors: "schemas" must be true or false, got null'],
  [{ log: 'debug' }, `errors: "log" must be true or false, got 'debug'`]
]

t.test('a wrong option stops the start with an error that names it, its rule and its value', async (t) => {
  for (const [options, message] of wrong) {
    const app = Fastify()
    t.teardown(() => app.close())
    const rejected = await t.rejects(async () => app.register(errors, options as ErrorsOptions))
    t.match(rejected, { name: 'RangeError', code: 'INVALID_OPTION', message }, JSON.stringify(options))
    t.throws(() => errorsServerOptions(options), { message }, 'errorsServerOptions() refuses it too')
  }
})

t.test('an option that is undefined has its default', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const names =
    'format typeBase map expose mode messages extensions challenge notFound methodNotAllowed schemas log'
  await app.register(errors, Object.fromEntries(names.split(' ').map((name) => [name, undefined])))

  t.match((await app.inject('/nowhere')).json(), { statusCode: 404, code: 'ROUTE_NOT_FOUND' })
})

t.test('defineError rejects a code and a status that cannot be sent', async (t) => {
  t.throws(() => defineError('A B'), {
    name: 'RangeError',
    code: 'INVALID_OPTION',
    message: /^errors: "defineError code" must be .*got 'A B'/
  })
  t.throws(() => defineError('X', { statusCode: 200 }), {
    code: 'INVALID_OPTION',
    message: /"defineError statusCode" must be .*got 200/
  })
})

t.test('a status that is no error becomes 500', async (t) => {
  for (const statusCode of [200, 204, 304, 399, 600, 9999, NaN, 404.5, -1, '404', null] as number[]) {
    t.match(
      new AppError('x', { statusCode }),
      { statusCode: 500, code: 'INTERNAL_SERVER_ERROR' },
      `${statusCode}`
    )
  }
})

t.test('the server options can be combined with http2, https and logger', async (t) => {
  t.same(Object.keys(errorsServerOptions()).toSorted(), ['clientErrorHandler', 'frameworkErrors'])
  const apps = [
    Fastify({ ...errorsServerOptions(), http2: true }),
    Fastify({ ...errorsServerOptions(), https: {} }),
    Fastify({ ...errorsServerOptions(), logger: false })
  ] as unknown as FastifyInstance[]
  for (const app of apps) {
    await app.register(errors, { logLevel: 'warn' })
    await app.ready()
    await app.close()
  }
})
