'use strict'

module.exports = async function (app) {
  app.get('/greeting/:name', async (request) => ({ hello: request.params.name }))
  app.post('/sum', { schema: { body: numbers } }, async (request) => ({
    sum: request.body.a + request.body.b
  }))
  app.get('/broken', async () => {
    throw new Error('the reason')
  })
}

const numbers = {
  type: 'object',
  required: ['a', 'b'],
  properties: { a: { type: 'number' }, b: { type: 'number' } }
}
