import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { postJson, type ZooApp } from '../zoo-app.ts'

export const swaggerUiApp: ZooApp = {
  name: '@fastify/swagger with swagger-ui',
  async build(app) {
    await app.register(swagger, { openapi: { info: { title: 'Items', version: '1.0.0' } } })
    await app.register(swaggerUi, { routePrefix: '/docs' })
    const body = {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string' }, count: { type: 'integer' } }
    }
    app.post('/items', { schema: { body, tags: ['items'] } }, async (request) => request.body)
  },
  requests: [
    postJson('/items', { name: 'a' }, 200, /"name":"a"/),
    { url: '/docs/', status: 200, has: /swagger-ui-bundle/ },
    { url: '/docs/static/swagger-ui-bundle.js', status: 200 },
    { url: '/docs/static/swagger-ui.css', status: 200 },
    { url: '/docs/json', status: 200, has: /"\/items"/ }
  ]
}
