// The headers of error responses: the challenge, Allow, and what caches may not store.
import type { FastifyInstance } from 'fastify'
import httpErrors from 'http-errors'
import t from 'tap'
import { ConflictError, NotFoundError, UnauthorizedError } from '../src/index.ts'
import { build } from './helpers.ts'

t.test('headers that describe the failed response are removed', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/', async (_request, reply) => {
      reply.headers({
        'cache-control': 'public, max-age=600',
        etag: '"1"',
        'content-encoding': 'gzip',
        'x-kept': 'yes'
      })
      reply.header('vary', 'Origin').type('image/png')
      throw new NotFoundError('Picture')
    })
  })
  const { headers } = await app.inject('/')
  t.match(headers, {
    'x-kept': 'yes',
    vary: 'Origin, Accept',
    'content-type': 'application/json; charset=utf-8'
  })
  t.equal(headers['cache-control'], 'no-store')
  for (const name of ['etag', 'content-encoding']) t.equal(headers[name], undefined, name)
})

t.test('a 401 has the challenge of the error, the reply or the option, in this order', async (t) => {
  const routes = (app: FastifyInstance) => {
    app.get('/plain', async () => {
      throw new UnauthorizedError()
    })
    app.get('/own', async () => {
      throw new UnauthorizedError('No', { headers: { 'WWW-Authenticate': 'DPoP' } })
    })
    app.get('/reply', async (_request, reply) => {
      reply.header('www-authenticate', 'Basic')
      throw httpErrors(401)
    })
  }
  const challenges = async (options: object) => {
    const { app } = await build(t, options, routes)
    const responses = await Promise.all(['/plain', '/own', '/reply'].map((url) => app.inject(url)))
    return responses.map(({ headers }) => headers['www-authenticate'])
  }
  t.strictSame(await challenges({}), ['Bearer', 'DPoP', 'Basic'])
  t.strictSame(await challenges({ challenge: 'Bearer realm="api"' }), ['Bearer realm="api"', 'DPoP', 'Basic'])
  t.strictSame(await challenges({ challenge: false }), [undefined, 'DPoP', 'Basic'])
})

t.test('methodNotAllowed sends 405 with Allow if the path has other methods', async (t) => {
  const routes = (app: FastifyInstance) => {
    app.get('/users/:id', async () => 'user')
    app.delete('/users/:id', async () => 'gone')
  }
  const { app } = await build(t, { methodNotAllowed: true }, routes)
  const response = await app.inject({ method: 'POST', url: '/users/1?a=b' })
  t.match(response, { statusCode: 405, headers: { allow: /^(?=.*\bGET\b)(?=.*\bDELETE\b)(?!.*POST)/ } })
  t.match(response.json(), {
    error: 'Method Not Allowed',
    code: 'METHOD_NOT_ALLOWED',
    correlationId: 'req-1'
  })
  t.equal((await app.inject({ method: 'POST', url: '/nowhere' })).statusCode, 404)

  const plain = await build(t, {}, routes)
  t.equal((await plain.app.inject({ method: 'POST', url: '/users/1' })).statusCode, 404)
})

t.test('every error is no-store, unless the app forbade storing in other words', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/kept/:value', async (request, reply) => {
      reply.header('cache-control', (request.params as { value: string }).value)
      throw new ConflictError()
    })
    app.get('/error', async () => {
      throw new ConflictError('clash', { headers: { 'cache-control': 'max-age=5' } })
    })
  })
  const sent = async (value: string) =>
    (await app.inject(`/kept/${encodeURIComponent(value)}`)).headers['cache-control']
  for (const value of ['private, no-store', 'no-store', 'No-Store, max-age=0', 'max-age=0,no-store'])
    t.equal(await sent(value), value)
  for (const value of ['public', 'private', 'no-cache', 'private, max-age=60', 'x-no-store'])
    t.equal(await sent(value), 'no-store')
  t.equal((await app.inject('/error')).headers['cache-control'], 'max-age=5', 'the error’s own header')
  for (const url of ['/nowhere', '/%zz'])
    t.equal((await app.inject(url)).headers['cache-control'], 'no-store', url)
})

t.test('a hook that sets the headers of all responses does not let caches store an error', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.addHook('onSend', async (_request, reply) => {
      reply.headers({
        'Cache-Control': 'public, max-age=60',
        'CDN-Cache-Control': 'max-age=600',
        'x-other': '1'
      })
    })
    app.get('/', async () => 'fine')
    app.get('/error', async (_request, reply) => {
      reply.header('netlify-cdn-cache-control', 'max-age=600')
      throw new ConflictError()
    })
  })
  for (const url of ['/error', '/nowhere']) {
    const { headers } = await app.inject(url)
    t.match(headers, { 'cache-control': 'no-store', 'x-other': '1' }, url)
    t.notOk(
      Object.keys(headers).some((name) => name.endsWith('cdn-cache-control')),
      url
    )
  }
  t.match((await app.inject('/')).headers, { 'cache-control': 'public, max-age=60' })
})
