import { Readable } from 'node:stream'
import type { ZooApp } from '../zoo-app.ts'

export const serverRendering: ZooApp = {
  name: 'Server-side rendering',
  build(app) {
    app.decorateReply('html', null as never)
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('x-powered-by', 'ssr')
    })
    app.get('/assets/:file', async (_request, reply) => reply.type('text/javascript').send('hydrate()'))
    app.get('/*', async (request, reply) => {
      const stream = Readable.from([
        '<!doctype html><div id="app">',
        request.url,
        '</div><script>window.state={}</script>'
      ])
      return reply.type('text/html; charset=utf-8').send(stream)
    })
  },
  requests: [
    { url: '/products/7', status: 200, has: /products\/7.*<script>/ },
    { url: '/assets/entry.js', status: 200, has: /hydrate/ }
  ]
}
