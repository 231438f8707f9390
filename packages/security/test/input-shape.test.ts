import type { FastifyInstance } from 'fastify'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { securityServerOptions } from '../src/index.ts'
import { buildValidated, ok, post } from './helpers.ts'

t.test('depth and number of keys are bounded before anything recursive reads a body', async (t) => {
  const recursive = { $id: 'tree', type: 'object', properties: { c: { $ref: 'tree#' } } }
  const app = await buildValidated(t, {}, (app) => {
    app.addSchema(recursive)
    app.post('/', { schema: { body: { $ref: 'tree#' } } }, ok)
    app.post('/any', ok)
  })
  const nested = (depth: number) => `${'{"c":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
  const code = async (payload: string, url = '/any') => {
    const response = await post(app, payload, undefined, url)
    return [response.statusCode, response.json<{ code: string }>().code] as const
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

  const narrow = await buildValidated(t, { maxKeys: 3 }, (app) => app.get('/', ok))
  t.equal((await narrow.inject('/?a=1&b=2&c=3')).statusCode, 200)
  t.equal((await narrow.inject('/?a=1&b=2&c=3&d=4')).statusCode, 413)
})

t.test('names that reach into prototypes are rejected, whatever parses the body', async (t) => {
  const routes = (app: FastifyInstance) => {
    app.addContentTypeParser('application/x-loose', { parseAs: 'string' }, (_request, text, done) =>
      done(null, JSON.parse(text as string))
    )
    app.post('/', ok)
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
    const app = await buildValidated(t, {}, routes, settings)
    for (const poison of poisons) {
      for (const type of ['application/json', 'application/x-loose']) {
        t.equal((await post(app, poison, type)).statusCode, 400, `${type} ${poison}`)
      }
    }
    t.equal((await post(app, { constructor: 'a name' })).statusCode, 200)
    t.notOk('admin' in {})
  }
})

t.test('a compressed bomb is not decompressed', async (t) => {
  const app = await buildValidated(t, {}, (app) => app.post('/', ok))
  const bomb = gzipSync(Buffer.alloc(50 * 2 ** 20, 0x20))
  const response = await app.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    payload: bomb
  })
  t.ok(response.statusCode >= 400 && response.statusCode < 500, String(response.statusCode))
})

t.test('a body that refers to itself, as the fields of a form may, is not deep', async (t) => {
  const app = await buildValidated(t, {}, (app) => {
    app.addContentTypeParser('multipart/form-data', { parseAs: 'string' }, (_request, text, done) => {
      const body: Record<string, unknown> = {}
      for (const name of String(text).split(',')) body[name] = { fieldname: name, value: '5', fields: body }
      done(null, body)
    })
    const field = { type: 'object', required: ['value'], properties: { value: { type: 'integer' } } }
    const schema = { body: { type: 'object', required: ['age'], properties: { age: field } } }
    app.post<{ Body: { age: { value: unknown } } }>('/', { schema }, async ({ body }) => body.age.value)
  })
  const form = 'multipart/form-data; boundary=x'
  t.same((await post(app, 'age,name,city', form)).json(), 5)
  const many = Array.from({ length: 10_001 }, (_none, index) => `f${index}`).join(',')
  t.equal((await post(app, `age,${many}`, form)).statusCode, 413)
})
