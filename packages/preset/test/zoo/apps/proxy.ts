import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import proxy from '@fastify/http-proxy'
import replyFrom from '@fastify/reply-from'
import { postJson, type ZooApp } from '../zoo-app.ts'

export const gateway: ZooApp = {
  name: '@fastify/http-proxy and reply-from',
  async build(app) {
    const upstream = createServer((request, response) => {
      const status = request.url === '/missing' ? 404 : request.url === '/broken' ? 500 : 200
      response.writeHead(status, { 'content-type': 'application/json', 'x-upstream': 'yes' })
      request.pipe(response)
      if (request.method === 'GET') response.end(JSON.stringify({ path: request.url }))
    })
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    app.addHook(
      'onClose',
      () =>
        new Promise<void>((resolve) => {
          upstream.close(() => resolve())
          upstream.closeAllConnections()
        })
    )
    const base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
    await app.register(proxy, { upstream: base, prefix: '/api' })
    await app.register(replyFrom, { base })
    app.get('/one', (_request, reply) => reply.from('/one'))
    app.get('/away', (_request, reply) => reply.from('http://127.0.0.1:1/'))
  },
  requests: [
    { url: '/api/items', status: 200, has: /"path":"\/items"/ },
    postJson('/api/items', { a: 1 }, 200, /"a":1/),
    { url: '/api/missing', status: 404, has: /missing/ },
    { url: '/api/broken', status: 500, has: /broken/ },
    { url: '/one', status: 200, has: /one/ },
    { url: '/away', status: 500 }
  ]
}
