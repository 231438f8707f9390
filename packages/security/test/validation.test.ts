import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { rawSocket } from '@seaworthy/testing'
import { securityServerOptions, validation } from '../src/index.ts'
import { buildValidated, captureLog, createApp, listen, ok, post } from './helpers.ts'

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

t.test('a body with unknown fields or wrong types is rejected, and nothing is coerced', async (t) => {
  const app = await buildValidated(t, {}, (app) =>
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
  'numbers are parsed from query, parameters and headers, and unknown fields are rejected',
  async (t) => {
    const number = { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false }
    const app = await buildValidated(t, {}, (app) =>
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
  const app = await buildValidated(
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

t.test('the app keeps its validator compiler', async (t) => {
  const app = createApp(t)
  app.setValidatorCompiler(() => () => ({ value: 'mine' }))
  await app.register(validation)
  app.post('/', { schema: { body: person } }, async ({ body }) => body)
  t.equal((await post(app, { anything: 1 })).body, 'mine')
})

t.test('with a schema for each content type, others are rejected', async (t) => {
  const body = {
    content: {
      'application/json': { schema: person },
      'text/plain': { schema: { type: 'string', maxLength: 3 } }
    }
  }
  const app = await buildValidated(t, {}, (app) => {
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

const pathOf = (name: string) => `/${name.replaceAll(' ', '-')}`

t.test('no body passes a schema of one, whatever names its type', async (t) => {
  const untyped = { required: ['id'], properties: { id: { type: 'integer' } } }
  const schemas: Record<string, object> = {
    keywords: untyped,
    optional: { properties: { id: { type: 'integer' } } },
    both: { allOf: [untyped, { maxProperties: 3 }] },
    either: { anyOf: [untyped, { type: 'object', required: ['name'] }] },
    shared: { $ref: 'shared#' },
    part: { $ref: '#/definitions/inner', definitions: { inner: untyped } },
    deep: { $ref: 'library#/definitions/inner' },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON schema
    conditional: { if: { properties: { name: { const: 'b' } } }, then: { required: ['x'] }, else: untyped },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON schema
    'one branch': { if: { required: ['x'] }, then: { required: ['y'] } },
    'in a list': { $ref: '#/definitions/list/anyOf/0', definitions: { list: { anyOf: [untyped] } } },
    anchored: { $ref: 'library#anchor' },
    'an own anchor': { $ref: '#own', definitions: { own: { $id: '#own', ...untyped } } },
    'the shared one itself': { $id: 'shared', ...untyped },
    chained: { oneOf: [{ $ref: 'chain#' }] }
  }
  let handled = 0
  const app = await buildValidated(t, {}, (app) => {
    app.addSchema({ $id: 'shared', ...untyped })
    app.addSchema({ $id: 'library', definitions: { inner: untyped, other: { $id: '#anchor', ...untyped } } })
    app.addSchema({ $id: 'chain', $ref: 'shared#' })
    app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, text, done) => done(null, text))
    const handler = async () => ++handled
    for (const [name, body] of Object.entries(schemas)) {
      app.route({ method: ['POST', 'PUT', 'PATCH', 'DELETE'], url: pathOf(name), schema: { body }, handler })
    }
    const content = { 'application/json': { schema: untyped }, 'text/plain': { schema: { type: 'string' } } }
    app.put('/content', { schema: { body: { content } } }, handler)
    app.put('/nullable', { schema: { body: { ...untyped, nullable: true, type: 'object' } } }, handler)
    app.put('/anything', { schema: { body: { description: 'anything' } } }, handler)
  })
  for (const name of Object.keys(schemas)) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      t.equal((await app.inject({ method, url: pathOf(name) })).statusCode, 400, `${method} ${name}`)
    }
    t.equal((await post(app, 'id', 'text/plain', pathOf(name))).statusCode, 400, name)
    t.equal((await post(app, '[]', undefined, pathOf(name))).statusCode, 400, name)
    t.equal((await post(app, 'null', undefined, pathOf(name))).statusCode, 400, name)
  }
  t.equal((await app.inject({ method: 'PUT', url: '/content' })).statusCode, 415)
  t.equal(handled, 0)
  t.equal((await app.inject({ method: 'PUT', url: '/nullable' })).statusCode, 200)
  t.equal((await app.inject({ method: 'PUT', url: '/anything' })).statusCode, 200)
  for (const name of Object.keys(schemas)) {
    t.equal((await post(app, { id: 1, name: 'a' }, undefined, pathOf(name))).statusCode, 200, name)
  }
})

t.test('a form is text: its numbers and booleans are parsed, JSON beside it stays strict', async (t) => {
  const body = {
    type: 'object',
    required: ['age'],
    properties: { age: { type: 'integer' }, ok: { type: 'boolean' } },
    additionalProperties: false
  }
  const routes = (app: FastifyInstance) => {
    const parse = { parseAs: 'string' } as const
    app.addContentTypeParser(
      ['application/x-www-form-urlencoded', 'multipart/form-data'],
      parse,
      (_, text, done) => done(null, Object.fromEntries(new URLSearchParams(text as string)))
    )
    app.post('/', { schema: { body } }, async ({ body }) => body)
    const content = {
      'application/json': { schema: body },
      'application/x-www-form-urlencoded': { schema: body }
    }
    app.post('/both', { schema: { body: { content } } }, async ({ body }) => body)
  }
  const app = await buildValidated(t, {}, routes)
  const form = 'application/x-www-form-urlencoded; charset=utf-8'
  for (const url of ['/', '/both']) {
    t.same((await post(app, 'age=5&ok=true', form, url)).json(), { age: 5, ok: true })
    const { statusCode, body: text } = await post(app, 'age=x', form, url)
    t.equal(statusCode, 400)
    t.match(text, /body\/age must be integer/)
    t.equal((await post(app, 'age=1&admin=1', form, url)).statusCode, 400)
    t.equal((await post(app, { age: '5' }, undefined, url)).statusCode, 400)
  }
  t.same((await post(app, 'age=6', 'multipart/form-data; boundary=x')).json(), { age: 6 })
  const removing = await buildValidated(t, { additional: 'remove' }, routes)
  t.same((await post(removing, 'age=5&_csrf=1', form)).json(), { age: 5 })
})

t.test("the app's Ajv options and the plugin's own decide how strict a JSON body is", async (t) => {
  const routes = (app: FastifyInstance) =>
    app.post('/', { schema: { body: person } }, async ({ body }) => body)
  const loose = { name: 'a', age: '1', admin: true }
  const customOptions = { coerceTypes: 'array', removeAdditional: true } as const
  const asBefore = await buildValidated(t, {}, routes, { ajv: { customOptions } })
  t.same((await post(asBefore, loose)).json(), { name: 'a', age: 1 })
  const byOption = await buildValidated(t, { coerce: true, additional: 'remove' }, routes)
  t.same((await post(byOption, loose)).json(), { name: 'a', age: 1 })
  const strict = await buildValidated(t, { coerce: false, additional: 'reject' }, routes, {
    ajv: { customOptions }
  })
  t.equal((await post(strict, { name: 'a', age: '1' })).statusCode, 400)
  t.equal((await post(strict, { name: 'a', admin: true })).statusCode, 400)
})

t.test(
  'one route is named in the singular, and the route of tRPC, whose procedures check their input, is not',
  async (t) => {
    const { logger, lines } = captureLog('warn')
    const fastifyTRPCPlugin = (app: FastifyInstance, _options: object, done: () => void) => {
      app.all('/trpc/:path', ok)
      done()
    }
    await buildValidated(
      t,
      {},
      (app) => app.register(fastifyTRPCPlugin).after(() => app.post('/orders', ok)),
      {
        logger
      }
    )
    t.match(lines.join(''), /1 route takes input without a schema: POST \/orders \(body\)/)
  }
)

t.test('routes without a schema are logged at the start, or stop it', async (t) => {
  const { logger, lines } = captureLog('warn')
  const routes = (app: FastifyInstance) => {
    app.post('/orders', { schema: { querystring: { type: 'object' } } }, ok)
    app.get('/orders/:id', { schema: { querystring: { type: 'object' } } }, ok)
    app.get('/health/live', { config: { operational: 'probe' } }, ok)
    app.get('/closed', { schema: { query: { type: 'object' } } } as object, ok)
    app.get('/without-input', ok)
  }
  const app = await buildValidated(t, {}, routes, { logger })
  t.equal(lines.filter((line) => line.includes('2 routes take input without a schema')).length, 1)
  t.match(lines.join(''), /POST \/orders \(body\), GET \/orders\/:id \(params\)/)
  t.same(app.security.boundaries?.(), [
    { method: 'POST', url: '/orders', missing: ['body'] },
    { method: 'GET', url: '/orders/:id', missing: ['params'] }
  ])
  await t.rejects(buildValidated(t, { onMissingSchema: 'error' }, routes), {
    message: /POST \/orders \(body\)/
  })
  await t.rejects(
    buildValidated(t, { onMissingSchema: 'error', boundaries: ['headers'] }, (app) => app.get('/', ok)),
    { message: /GET \/ \(headers\)/ }
  )
  await t.rejects(
    buildValidated(t, { onMissingSchema: 'error', boundaries: ['querystring'] }, routes),
    { message: /1 route takes .*GET \/without-input \(querystring\)/ },
    'the query counts where the option says so'
  )
  const half = { content: { 'application/json': { schema: { type: 'object' } }, 'text/plain': {} } }
  await t.rejects(
    buildValidated(t, { onMissingSchema: 'error', boundaries: ['body'] }, (app) =>
      app.post('/', { schema: { body: half } }, ok)
    ),
    { code: 'FST_ERR_SCH_CONTENT_MISSING_SCHEMA' },
    'a content type without a schema'
  )
  await buildValidated(t, { onMissingSchema: 'error', boundaries: ['headers'] }, (app) =>
    app.post('/', { schema: { headers: { type: 'object' } } }, ok)
  )
})

t.test('slow headers and slow bodies are answered with 408', async (t) => {
  const settings = securityServerOptions({
    headersTimeout: 200,
    requestTimeout: 400,
    http: { connectionsCheckingInterval: 50 }
  })
  const app = await buildValidated(t, {}, (app) => app.post('/', async () => 'ok'), settings)
  const port = await listen(app)

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
