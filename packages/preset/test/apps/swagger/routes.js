export async function routes(app) {
  app.get(
    '/item/:id',
    { schema: { summary: 'One item', params, response: { 200: item } } },
    async (request) => ({
      id: request.params.id,
      name: 'An item'
    })
  )
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}

const params = { type: 'object', required: ['id'], properties: { id: { type: 'integer', minimum: 1 } } }
const item = { type: 'object', properties: { id: { type: 'integer' }, name: { type: 'string' } } }
