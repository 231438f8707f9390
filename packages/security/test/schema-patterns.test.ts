// Where the patterns of a schema may be, and how long the texts are on which Ajv tries them.
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { securityServerOptions, validation, type ValidationOptions } from '../src/index.ts'
import { buildApp, captureLog, createApp, ok, post } from './helpers.ts'

const evil = '^(a+)+$'
/** Of the square of the length. */
const quadratic = '[.]+$'
const unsafe = { message: /unsafe pattern/ }

const build = (
  t: Test,
  routes: (app: FastifyInstance) => unknown,
  settings: FastifyServerOptions = {},
  options: ValidationOptions = {}
) => buildApp(t, validation, options, routes, { ...securityServerOptions(), ...settings })

const withBody = (body: unknown) => (app: FastifyInstance) => app.post('/', { schema: { body } }, ok)

t.test('a property may have the name of any keyword, and data is no schema', async (t) => {
  for (const name of ['default', 'const', 'enum', 'example', 'examples', '_def', 'properties', 'pattern']) {
    const properties = { [name]: { type: 'string', pattern: evil } }
    await t.rejects(build(t, withBody({ type: 'object', properties })), unsafe, name)
    const harmless = { [name]: { type: 'string', pattern: '^a+$' } }
    await t.resolves(build(t, withBody({ type: 'object', properties: harmless })), name)
  }
  const data = {
    type: 'object',
    examples: [{ pattern: evil }],
    properties: { a: { enum: [{ pattern: evil }] } }
  }
  await t.resolves(build(t, withBody(data)))
})

t.test('a maxLength counts only where Ajv stops at it', async (t) => {
  const body = { type: 'string', pattern: quadratic, maxLength: 100 }
  await t.resolves(build(t, withBody(body)))
  const settings = { ajv: { customOptions: { allErrors: true } } }
  await t.rejects(build(t, withBody(body), settings), { message: /"allErrors" tries it whatever/ })
})

t.test('the formats of an app are patterns', async (t) => {
  const slow = /^(a+)+$/
  const body = { type: 'object', properties: { a: { type: 'string', format: 'mine' } } }
  const forms: Record<string, FastifyServerOptions['ajv']> = {
    'a pattern': { customOptions: { formats: { mine: slow } } },
    'a text': { customOptions: { formats: { mine: slow.source } } },
    'a definition': { customOptions: { formats: { mine: { type: 'string', validate: slow } } } },
    'a plugin': { plugins: [(ajv: unknown) => (ajv as { addFormat: Function }).addFormat('mine', slow)] }
  }
  for (const [name, ajv] of Object.entries(forms)) {
    await t.rejects(build(t, withBody(body), { ajv }), unsafe, name)
    const unused = { type: 'object', properties: { a: { type: 'string', format: 'email' } } }
    await t.resolves(build(t, withBody(unused), { ajv }), name)
  }
  const harmless = { ajv: { customOptions: { formats: { mine: /^[a-z]+$/ } } } }
  await t.resolves(build(t, withBody(body), harmless))
})

t.test('a request that brings its own pattern is rejected', async (t) => {
  const body = { type: 'object', properties: { re: { type: 'string' }, a: { pattern: { $data: '1/re' } } } }
  await t.rejects(build(t, withBody(body), { ajv: { customOptions: { $data: true } } }), {
    message: /the request itself brings it/
  })
})

t.test('patterns without the flag u are analysed as Ajv compiles them', async (t) => {
  const settings = { ajv: { customOptions: { unicodeRegExp: false } } }
  await t.resolves(build(t, withBody({ type: 'string', pattern: String.raw`^[\w-.]+$` }), settings))
  await t.rejects(build(t, withBody({ type: 'string', pattern: String.raw`^([\w-.]+)+$` }), settings), unsafe)
})

t.test('a shared schema counts for the routes that use it, by their rules', async (t) => {
  const shared = (use: (app: FastifyInstance) => unknown) => (app: FastifyInstance) => {
    app.addSchema({ $id: 'slow', type: 'string', pattern: evil })
    app.addSchema({ $id: 'http://x.example/slow.json', type: 'string', pattern: evil })
    app.addSchema({ $id: 'order', type: 'object', properties: { code: { $ref: 'slow#' } } })
    app.addSchema({ $id: 'http://x.example/order.json', properties: { code: { $ref: 'slow.json' } } })
    app.addSchema({ $id: 'trailing', type: 'string', pattern: quadratic })
    return use(app)
  }
  for (const id of ['slow', 'order', 'http://x.example/order.json']) {
    const used = withBody({ type: 'array', items: { $ref: `${id}#` } })
    await t.rejects(build(t, shared(used)), { message: /a shared schema has an unsafe pattern/ }, id)
    await t.rejects(
      build(
        t,
        shared((app) => app.register(async (scope) => used(scope)))
      ),
      unsafe,
      id
    )
    const warns = shared((app) => {
      const config = { validation: { unsafePatterns: 'warn' } } as const
      app.post('/', { config, schema: { body: { $ref: `${id}#` } } }, ok)
    })
    await t.resolves(build(t, warns), id)
    // A serializer takes no relative references.
    if (id.includes('/')) continue
    const answers = shared((app) => app.get('/', { schema: { response: { 200: { $ref: `${id}#` } } } }, ok))
    await t.resolves(build(t, answers), `a response with ${id}`)
  }
  const params = { type: 'object', properties: { id: { $ref: 'trailing#' } } }
  await t.resolves(
    build(
      t,
      shared((app) => app.get('/:id', { schema: { params } }, ok))
    )
  )
  await t.rejects(build(t, shared(withBody({ $ref: 'trailing#' }))), unsafe)
})

t.test('routes that are added before the plugin are inspected too', async (t) => {
  const app = createApp(t)
  app.post('/', { schema: { body: { type: 'string', pattern: evil } } }, ok)
  await app.register(validation)
  await t.rejects(async () => app.ready(), { message: /the schema of POST \/ has an unsafe pattern/ })
})

t.test('schemas of fluent-json-schema and of other validators are searched', async (t) => {
  const fluent = {
    [Symbol.for('fluent-schema-object')]: true,
    valueOf: () => ({ type: 'object', properties: { a: { type: 'string', pattern: evil } } })
  }
  await t.rejects(build(t, withBody(fluent)), unsafe)

  /** As in zod 3 and 4, yup and joi. */
  class Text {}
  const forms: Record<string, (pattern: RegExp) => unknown> = {
    'zod 3': (regex) => Object.assign(new Text(), { _def: { checks: [{ kind: 'regex', regex }] } }),
    'an object of zod 3': (regex) => {
      const a = Object.assign(new Text(), { _def: { checks: [{ kind: 'regex', regex }] } })
      return Object.assign(new Text(), { _def: { typeName: 'ZodObject' }, shape: { a } })
    },
    'zod 4': (pattern) =>
      Object.defineProperty(new Text(), '_zod', {
        value: { def: { checks: [Object.assign(new Text(), { _zod: { def: { pattern } } })] } }
      }),
    yup: (regex) => {
      const test = Object.assign(() => true, { OPTIONS: { params: { regex } } })
      return Object.assign(new Text(), { __isYupSchema__: true, fields: { a: { tests: [test] } } })
    },
    joi: (regex) =>
      Object.assign(new Text(), {
        $_terms: {
          keys: [{ schema: Object.assign(new Text(), { $_terms: {}, _rules: [{ args: { regex } }] }) }]
        }
      })
  }
  const start = async (schema: unknown) => {
    const { lines, logger } = captureLog('warn')
    const app = createApp(t, { ...securityServerOptions(), logger })
    app.setValidatorCompiler(() => () => true)
    await app.register(validation, { onMissingSchema: 'ignore' })
    app.post('/', { schema: { body: schema } }, ok)
    await app.ready()
    return lines.length
  }
  for (const [name, form] of Object.entries(forms)) {
    await t.rejects(start(form(/^(a+)+$/)), unsafe, name)
    t.equal(await start(form(/^a+$/)), 0, name)
    t.equal(await start(form(/[.]+$/)), 1, `${name}: no maxLength helps there, so it is a warning`)
  }
})

t.test('names of properties are as short as their patterns need it', async (t) => {
  const long = { [`${'a'.repeat(200_000)}!`]: 1 }
  const patternProperties = { '[a-z]+-id$': { type: 'number' } }
  const app = await build(t, withBody({ type: 'object', patternProperties }))
  const response = await post(app, long)
  t.equal(response.statusCode, 413)
  t.equal(response.json<{ code: string }>().code, 'KEY_TOO_LONG')
  t.equal((await post(app, { 'order-id': 1 })).statusCode, 200)
  t.equal((await app.inject({ method: 'POST', url: `/?${'a'.repeat(1001)}=1`, payload: {} })).statusCode, 413)

  const linear = await build(t, withBody({ type: 'object', patternProperties: { '^x-': {} } }))
  t.equal((await post(linear, long)).statusCode, 200, 'where no pattern is slow, any name is accepted')
  await t.rejects(build(t, withBody({ type: 'object', patternProperties: { [evil]: {} } })), unsafe)
})
