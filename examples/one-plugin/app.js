'use strict'

const Fastify = require('fastify')

// An app as it was before: three routes, and no plugin that makes it fit for production.
// `prepare` is where each of the with-*.js files adds one, before the routes.
async function build(serverOptions = {}, prepare = async () => undefined) {
  const app = Fastify(serverOptions)
  await prepare(app)

  app.get('/books/:id', async (request) => ({
    id: request.params.id,
    title: 'Sailing Alone Around the World'
  }))

  app.get('/slow', async () => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    return { slow: true }
  })

  app.get('/broken', async () => {
    throw new Error('connect ECONNREFUSED postgres://books:hunter2@10.0.0.7')
  })

  return app
}

async function start(app) {
  await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })
  const { port } = app.server.address()
  console.log(`listening on http://127.0.0.1:${port}`)
}

module.exports = { build, start }

if (require.main === module) build().then(start)
