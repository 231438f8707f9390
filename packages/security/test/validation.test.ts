import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { gzipSync } from 'node:zlib'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { rawSocket } from '@seaworthy/testing'
import { securityServerOptions, validation, type ValidationOptions } from '../src/index.ts'

async function build(
  t: Test,
  options: ValidationOptions,
  routes: (app: FastifyInstance) => unknown,
  settings: FastifyServerOptions = securityServerOptions()
) {
  const app = Fastify(settings)
  t.teardown(() => app.close())
  await app.register(validation, options)
  await routes(app)
  await app.ready()
  return app
}

const post = (app: FastifyInstance, payload: unknown, type = 'application/json', url = '/') =>
  app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': type },
    payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload)
  })

const person = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string' },
    age: { type: 'integer' },
    tags: { type: 'array', items: { type: 'string' } }
  },
  additionalProperties: false
}

t.test('a body is read to the letter: unknown fields are refused, nothing is coerced', async (t) => {
  const app = await build(t, {}, (app) =>
    app.post('/', { schema: { body: person } }, async ({ body }) => body)
  )
  t.same((await post(app, { name: 'a', age: 1 })).json(), { name: 'a', age: 1 })
  for (const wrong of [
    { name: 'a', admin: true },
    { name: 123 },
    { name: 'a', age: '1' },
    { name: null },
    { name: 'a', tags: 'x' },
    [],
    'text',
    null
  ]) {
    t.equal((await post(app, JSON.stringify(wrong))).statusCode, 400, JSON.stringify(wrong))
  }
})

t.test(
  'a query, parameters and headers are text: numbers are read from them, unknown fields are refused',
  async (t) => {
    const number = { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false }
    const app = await build(t, {}, (app) =>
      app.get(
        '/:n',
        { schema: { params: number, querystring: number, headers: number } },
        async (request) => [request.params, request.query, request.headers.n]
      )
    )
    t.same((await app.inject({ url: '/1?n=2', headers: { n: '3' } })).json(), [{ n: 1 }, { n: 2 }, 3])
    for (const url of ['/x', '/1?n=x', '/1?other=1']) t.equal((await app.inject(url)).statusCode, 400, url)
  }
)

t.test("shared schemas, the app's Ajv options and scopes keep working", async (t) => {
  const app = await build(
    t,
    {},
    async (app) => {
      app.addSchema({ $id: 'name', type: 'string', even: true, minLength: 2 })
      await app.register(async (scope) => {
        scope.addSchema({ $id: 'age', type: 'integer' })
        const body = { type: 'object', properties: { name: { $ref: 'name#' }, age: { $ref: 'age#' } } }
        scope.post('/', { schema: { body } }, async () => 'ok')
      })
    },
    {
      ...securityServerOptions(),
      ajv: {
        customOptions: {
          keywords: [{ keyword: 'even', validate: (_: boolean, text: string) => text.length % 2 === 0 }]
        }
      }
    }
  )
  t.equal((await post(app, { name: 'ab', age: 1 })).statusCode, 200)
  t.equal((await post(app, { name: 'abc' })).statusCode, 400)
  t.equal((await post(app, { age: '1' })).statusCode, 400)
})

t.test('a validator compiler of the app stays', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.setValidatorCompiler(() => () => ({ value: 'mine' }))
  await app.register(validation)
  app.post('/', { schema: { body: person } }, async ({ body }) => body)
  t.equal((await post(app, { anything: 1 })).body, 'mine')
})

t.test('with a schema for each content type no other passes unchecked', async (t) => {
  const body = {
    content: {
      'application/json': { schema: person },
      'text/plain': { schema: { type: 'string', maxLength: 3 } }
    }
  }
  const app = await build(t, {}, (app) => {
    app.addContentTypeParser('application/x-own', { parseAs: 'string' }, (_request, text, done) =>
      done(null, text)
    )
    app.post('/', { schema: { body } }, async () => 'ok')
  })
  const status = async (type: string, payload: string) => (await post(app, payload, type)).statusCode
  t.equal(await status('application/json', '{"name":"a"}'), 200)
  t.equal(await status('application/json; charset=utf-8', '{"name":"a"}'), 200)
  t.equal(await status('APPLICATION/JSON', '{"name":1}'), 400)
  t.equal(await status('text/plain', 'abc'), 200)
  t.equal(await status('text/plain', 'abcd'), 400)
  t.equal(await status('application/x-own', 'anything'), 415)
  t.equal(await status('application/x-unknown', 'anything'), 415)
})

t.test('what takes input without a schema is told at the start, or stops it', async (t) => {
  const said: string[] = []
  const logger = { level: 'warn', stream: { write: (line: string) => void said.push(line) } }
  const none = async () => 'ok'
  const routes = (app: FastifyInstance) => {
    app.post('/orders', { schema: { querystring: { type: 'object' } } }, none)
    app.get('/orders/:id', { schema: { querystring: { type: 'object' } } }, none)
    app.get('/health/live', { config: { operational: 'probe' } }, none)
    app.get('/closed', { schema: { query: { type: 'object' } } } as object, none)
  }
  const app = await build(t, {}, routes, { logger })
  t.equal(said.filter((line) => line.includes('2 routes take input without a schema')).length, 1)
  t.match(said.join(''), /POST \/orders \(body\), GET \/orders\/:id \(params\)/)
  t.same(app.security.boundaries?.(), [
    { method: 'POST', url: '/orders', missing: ['body'] },
    { method: 'GET', url: '/orders/:id', missing: ['params'] }
  ])
  await t.rejects(build(t, { onMissingSchema: 'error' }, routes), { message: /POST \/orders \(body\)/ })
  await t.rejects(
    build(t, { onMissingSchema: 'error', boundaries: ['headers'] }, (app) => app.get('/', none)),
    { message: /GET \/ \(headers\)/ }
  )
  const half = { content: { 'application/json': { schema: { type: 'object' } }, 'text/plain': {} } }
  await t.rejects(
    build(t, { onMissingSchema: 'error', boundaries: ['body'] }, (app) =>
      app.post('/', { schema: { body: half } }, none)
    ),
    { code: 'FST_ERR_SCH_CONTENT_MISSING_SCHEMA' },
    'a content type without a schema'
  )
  await build(t, { onMissingSchema: 'error', boundaries: ['headers'] }, (app) =>
    app.post('/', { schema: { headers: { type: 'object' } } }, none)
  )
})

const dangerous = [
  '^(a+)+$',
  '^([a-z]+)*$',
  '^(a|a)*$',
  '^(?:a|ab|b)*$',
  '^(\\w|\\d)+$',
  '^(.|x)*$',
  '(x+x+)+y',
  String.raw`^\s+|\s+$`,
  '^.*=.*;.*$',
  String.raw`(?<name>a+)+`,
  '^(?:(?:a)|(?:a))*$',
  '^((a|a))*$',
  '^(?:(?:a|ab)(?:c|bc))*$',
  '^(?:[а-я]|я)*$',
  String.raw`^(?:\p{L}|\u{44f})*$`,
  '^(?=.*x)(?:a|[a-c])+$',
  String.raw`^(a*)\1$`,
  '^a{1,9999}a{1,9999}$',
  `^${'a?'.repeat(24)}b$`
]
/** Harmless in short strings only: a `maxLength` that they are taken with, and one that they are not. */
const bounded: [string, number, number][] = [
  [String.raw`\s+$`, 1000, 10_000],
  [String.raw`\d+\d+$`, 100, 1000],
  ['^[a-z]+[a-z]+[a-z]+$', 300, 1000],
  ['x*x*x*$', 100, 300],
  [String.raw`^\S+@\S+\.\S+$`, 320, 1000]
]
const harmless = [
  '^[^@]+@[^@]+$',
  String.raw`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$`,
  String.raw`^(?:\.|[^.])*$`,
  '^a*(?:b|c)a*$',
  '^(?:(?:a|b)|c)*$',
  '^(?:я|ж)*$',
  '^[a-z]+$',
  '^(?:a|b)*$',
  String.raw`^\d{4}-\d{2}-\d{2}$`,
  '^(foo|bar)$',
  String.raw`^[\w.]{1,64}@x\.com$`
]

t.test('a pattern that can be made to run for seconds stops the start, wherever it is', async (t) => {
  const none = async () => 'ok'
  const start = async (schema: object, options: ValidationOptions = {}) =>
    build(t, options, (app) => app.post('/', { schema }, none))
  for (const pattern of dangerous) {
    const body = { type: 'object', properties: { a: { type: 'array', items: { type: 'string', pattern } } } }
    await t.rejects(
      start({ body }),
      { message: /unsafe pattern at \/body\/properties\/a\/items\/pattern/ },
      pattern
    )
  }
  for (const pattern of harmless) {
    await t.resolves(start({ body: { type: 'string', pattern } }), pattern)
  }
  for (const [pattern, short, long] of bounded) {
    await t.resolves(start({ body: { type: 'string', pattern, maxLength: short } }), pattern)
    await t.rejects(start({ body: { type: 'string', pattern, maxLength: long } }), {
      message: /unsafe pattern at .*"maxLength" of \d+ at most/
    })
  }
  await t.rejects(start({ querystring: { type: 'object', patternProperties: { '^(a+)+$': {} } } }), {
    message: /the schema of POST \/ has an unsafe pattern/
  })
  await t.rejects(
    build(t, {}, (app) => {
      app.addSchema({ $id: 'shared', type: 'string', pattern: '^(a+)+$' })
      app.post('/', { schema: { body: { $ref: 'shared#' } } }, none)
    }),
    { message: /a shared schema has an unsafe pattern/ }
  )
  await t.resolves(start({ body: { type: 'string', pattern: '^(a+)+$' } }, { unsafePatterns: 'warn' }))
})

t.test('accepted patterns are fast on what breaks others', async (t) => {
  const parts = ['a', 'a.', '0', ' ', 'foo', '@', '@.', 'x', '1.', 'я', '.']
  const accepted: [string, number][] = [
    ...harmless.map((pattern): [string, number] => [pattern, 200_000]),
    ...bounded.map(([pattern, short]): [string, number] => [pattern, short])
  ]
  const app = await build(t, {}, (app) =>
    accepted.forEach(([pattern, maxLength], index) =>
      app.post(`/${index}`, { schema: { body: { type: 'string', pattern, maxLength } } }, async () => 'ok')
    )
  )
  for (const [index, [pattern, maxLength]] of accepted.entries()) {
    const before = process.cpuUsage()
    for (const part of parts) {
      const attack = `${part.repeat(maxLength).slice(0, maxLength - 2)}\n!`
      await post(app, JSON.stringify(attack), undefined, `/${index}`)
    }
    const { user } = process.cpuUsage(before)
    t.ok(user / parts.length < 100_000, `${pattern}: ${Math.round(user / parts.length)} microseconds each`)
  }
})

t.test('depth and number of keys are bounded, before anything recursive looks', async (t) => {
  const recursive = { $id: 'tree', type: 'object', properties: { c: { $ref: 'tree#' } } }
  const app = await build(t, {}, (app) => {
    app.addSchema(recursive)
    app.post('/', { schema: { body: { $ref: 'tree#' } } }, async () => 'ok')
    app.post('/any', async () => 'ok')
  })
  const nested = (depth: number) => `${'{"c":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
  const code = async (payload: string, url = '/any') => {
    const answer = await post(app, payload, undefined, url)
    return [answer.statusCode, answer.json<{ code: string }>().code] as const
  }
  t.equal((await post(app, nested(64))).statusCode, 200)
  t.same(await code(nested(65), '/'), [400, 'BODY_TOO_DEEP'])
  t.same(await code(nested(20_000), '/'), [400, 'BODY_TOO_DEEP'])
  t.same(await code(`${'['.repeat(20_000)}${']'.repeat(20_000)}`), [400, 'BODY_TOO_DEEP'])
  const keys = (count: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 1])))
  t.equal((await post(app, keys(10_000), undefined, '/any')).statusCode, 200)
  t.same(await code(keys(10_001)), [413, 'TOO_MANY_KEYS'])
  t.same(await code(JSON.stringify(Array(20_000).fill(0))), [413, 'TOO_MANY_KEYS'])
  t.same(await code(`"${'x'.repeat(1_048_577)}"`), [413, 'FST_ERR_CTP_BODY_TOO_LARGE'])

  const narrow = await build(t, { maxKeys: 3 }, (app) => app.get('/', async () => 'ok'))
  t.equal((await narrow.inject('/?a=1&b=2&c=3')).statusCode, 200)
  t.equal((await narrow.inject('/?a=1&b=2&c=3&d=4')).statusCode, 413)
})

t.test('names that reach into prototypes are refused, whatever parses the body', async (t) => {
  const routes = (app: FastifyInstance) => {
    app.addContentTypeParser('application/x-loose', { parseAs: 'string' }, (_request, text, done) =>
      done(null, JSON.parse(text as string))
    )
    app.post('/', async () => 'ok')
  }
  const poisons = [
    '{"__proto__":{"admin":true}}',
    '{"a":[{"__proto__":{"admin":true}}]}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"a":{"constructor":{"prototype":{}}}}'
  ]
  for (const settings of [
    securityServerOptions(),
    { onProtoPoisoning: 'ignore', onConstructorPoisoning: 'ignore' } as const
  ]) {
    const app = await build(t, {}, routes, settings)
    for (const poison of poisons) {
      for (const type of ['application/json', 'application/x-loose']) {
        t.equal((await post(app, poison, type)).statusCode, 400, `${type} ${poison}`)
      }
    }
    t.equal((await post(app, { constructor: 'a name' })).statusCode, 200)
    t.notOk('admin' in {})
  }
})

t.test('a compressed bomb is not opened', async (t) => {
  const app = await build(t, {}, (app) => app.post('/', async () => 'ok'))
  const bomb = gzipSync(Buffer.alloc(50 * 2 ** 20, 0x20))
  const answer = await app.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    payload: bomb
  })
  t.ok(answer.statusCode >= 400 && answer.statusCode < 500, String(answer.statusCode))
})

t.test('slow headers and slow bodies are cut with 408', async (t) => {
  const settings = securityServerOptions({
    headersTimeout: 200,
    requestTimeout: 400,
    http: { connectionsCheckingInterval: 50 }
  })
  const app = await build(t, {}, (app) => app.post('/', async () => 'ok'), settings)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo

  const headers = await rawSocket(t, port, 'POST / HTTP/1.1\r\nhost: a\r\n')
  const body = await rawSocket(
    t,
    port,
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{'
  )
  await Promise.all([headers.closed, body.closed])
  t.match(headers.received(), /^HTTP\/1.1 408 /)
  t.match(body.received(), /^HTTP\/1.1 408 /)
  t.equal((await post(app, '{}')).statusCode, 200)
})
