import { Readable } from 'node:stream'
import { postJson, type ZooApp } from '../zoo-app.ts'

export const http2: ZooApp = {
  name: 'HTTP/2',
  server: { http2: true },
  build(app) {
    app.get('/', async () => ({ hello: 'world' }))
    app.post('/echo', async (request) => request.body)
    app.get('/stream', async (_request, reply) =>
      reply.type('text/plain').send(Readable.from(['one ', 'two']))
    )
    app.get('/broken', async () => {
      throw new Error('the reason')
    })
  },
  requests: [
    { url: '/', status: 200, has: /world/ },
    postJson('/echo', { a: 1 }, 200, /"a":1/),
    { url: '/stream', status: 200, has: /one two/ },
    { url: '/broken', status: 500 },
    { url: '/nothing', status: 404 }
  ]
}
