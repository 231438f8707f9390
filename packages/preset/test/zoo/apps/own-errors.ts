import { postJson, type ZooApp } from '../zoo-app.ts'

class OutOfStock extends Error {
  statusCode = 409
  code = 'OUT_OF_STOCK'
}

class Teapot extends Error {
  statusCode = 418
}

/** Everything that apps throw without a handler of their own. */
export const thrownErrors: ZooApp = {
  name: 'Errors with a statusCode, no error handler',
  build(app) {
    app.get('/stock', async () => {
      throw new OutOfStock('sold out')
    })
    app.get('/tea', async () => {
      throw Object.assign(new Error('short and stout'), { statusCode: 418 })
    })
    app.get('/reply', async (_request, reply) => reply.code(422).send(new Error('unprocessable')))
    app.get('/broken', async () => {
      throw new Error('the reason')
    })
    app.get('/upstream', async () => {
      throw Object.assign(new Error('the upstream said'), { statusCode: 503 })
    })
  },
  requests: [
    { url: '/stock', status: 409, has: /sold out/ },
    { url: '/tea', status: 418, has: /short and stout/ },
    { url: '/reply', status: 422, has: /unprocessable/ },
    { url: '/broken', status: 500 },
    { url: '/upstream', status: 503 },
    { url: '/nothing', status: 404, has: /Route GET:\/nothing not found/ },
    postJson('/nothing', {}, 404)
  ]
}

export const ownErrors: ZooApp = {
  name: 'Own error handler, 404 handler and validator',
  build(app) {
    app.setErrorHandler((error, _request, reply) => {
      const { statusCode = 500, message } = error as Error & { statusCode?: number }
      return reply.code(statusCode).send({ failed: message })
    })
    app.setNotFoundHandler((request, reply) => reply.code(404).send({ nowhere: request.url }))
    app.setValidatorCompiler(({ schema }) => {
      const { required } = schema as { required: string[] }
      return (data: unknown) => {
        const missing = required.find((name) => !(name in (data as object)))
        return missing ? { error: new Error(`${missing} is missing`) } : { value: data }
      }
    })
    app.post('/users', { schema: { body: { required: ['name'] } } }, async (request) => request.body)
    app.get('/tea', async () => {
      throw new Teapot('short and stout')
    })
  },
  requests: [
    postJson('/users', { name: 'Ada', more: 1 }, 200, /"more":1/),
    postJson('/users', {}, 400, /"failed":"name is missing"/),
    { url: '/tea', status: 418, has: /"failed":"short and stout"/ },
    { url: '/nothing', status: 404, has: /"nowhere"/ }
  ]
}
