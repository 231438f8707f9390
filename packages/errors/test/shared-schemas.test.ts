// The schemas of errors are there where routes refer to them, and in no other scope.
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { errorResponses, errors } from '../src/index.ts'

const ids = (scope: FastifyInstance): string[] => Object.keys(scope.getSchemas()).toSorted()
const both = ['SeaworthyError', 'SeaworthyProblem']
const ok = async () => ({ code: 'FINE', extra: true })
const code = { type: 'object', properties: { code: { $ref: 'SeaworthyError#/properties/code' } } }
const referring = { schema: { response: { 200: code } } }

async function build(t: Test): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(errors)
  return app
}

t.test('an app whose routes refer to no other schema is without them', async (t) => {
  const app = await build(t)
  const node = { type: 'object', properties: { next: { $ref: '#' } } }
  app.get('/', { schema: { querystring: { type: 'object' }, response: { 200: node } } }, ok)
  app.get('/plain', ok)
  await app.ready()
  t.strictSame(ids(app), [])
})

t.test('a scope has them if a route of it refers to them', async (t) => {
  const app = await build(t)
  let scope: FastifyInstance
  await app.register(async (inner) => {
    scope = inner
    inner.get('/', referring, ok)
  })
  t.strictSame((await app.inject('/')).json(), { code: 'FINE' })
  t.strictSame([ids(app), ids(scope!)], [[], both])
})

t.test('a route may refer to them through a schema of the app', async (t) => {
  const app = await build(t)
  app.addSchema({ $id: 'failure', ...code })
  app.get('/', { schema: { response: { 200: { $ref: 'failure#' } } } }, ok)
  t.strictSame((await app.inject('/')).json(), { code: 'FINE' })
})

t.test('a schema that does not show its references counts as one that has some', async (t) => {
  for (const hidden of [{ valueOf: () => ({}) }, new (class Shape {})()]) {
    const app = await build(t)
    app.get('/', { schema: { response: { 200: hidden } }, serializerCompiler: () => JSON.stringify }, ok)
    t.strictSame(ids(app), both)
  }
})

t.test('a schema of the app with the same id is kept', async (t) => {
  const app = await build(t)
  app.addSchema({ $id: 'SeaworthyError', type: 'object', properties: { code: { const: 'FINE' } } })
  app.get('/', referring, ok)
  t.strictSame((await app.inject('/')).json(), { code: 'FINE' })
  t.strictSame(ids(app), both)
})

t.test('routes that were added before the plugin may refer to them too', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  void app.register(errors)
  app.get('/', { schema: { response: errorResponses(404) } }, ok)
  t.equal((await app.inject('/')).statusCode, 200)

  const outer = Fastify()
  t.teardown(() => outer.close())
  await outer.register(async (scope) => {
    await scope.register(errors)
    t.strictSame(ids(scope), both)
  })
})
