/** Two child scopes: one public, one with a hook that must not run elsewhere. */
export async function routes(app) {
  app.get('/greeting/:name', async (request) => ({ hello: request.params.name }))
  app.register(area, { prefix: '/area' })
}

async function area(app) {
  app.decorateRequest('visitor', null)
  app.addHook('onRequest', async (request) => {
    request.visitor = request.headers['x-visitor'] ?? 'unknown'
  })
  app.setErrorHandler((error, request, reply) => reply.code(418).send({ own: error.message }))
  app.setNotFoundHandler((request, reply) => reply.code(404).send({ own: 'nothing in this area' }))
  app.get('/visitor', async (request) => ({ visitor: request.visitor }))
  app.get('/broken', async () => {
    throw new Error('handled by the area')
  })
}
