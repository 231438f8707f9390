import { once } from 'node:events'
import { Readable } from 'node:stream'
import websocket from '@fastify/websocket'
import type { ZooApp } from '../zoo-app.ts'

export const sockets: ZooApp = {
  name: '@fastify/websocket',
  async build(app) {
    await app.register(websocket)
    app.register(async (scope) => {
      scope.get('/chat', { websocket: true }, (socket) => {
        socket.on('message', (message: Buffer) => socket.send(`echo ${message.toString()}`))
      })
      scope.get('/', async () => ({ chat: '/chat' }))
    })
  },
  requests: [
    { url: '/', status: 200, has: /chat/ },
    { url: '/chat', status: 404 }
  ],
  async extra({ url }) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/chat`)
    await once(socket, 'open')
    socket.send('hello')
    const [{ data }] = (await once(socket, 'message')) as [MessageEvent]
    if (data !== 'echo hello') throw new Error(`the socket answered ${data}`)
    socket.close()
    await once(socket, 'close')
  }
}

export const events: ZooApp = {
  name: 'Server-sent events, streams and hijacked replies',
  build(app) {
    app.get('/raw-events', (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
      reply.raw.write('data: one\n\n')
      reply.raw.end('data: two\n\n')
    })
    app.get('/events', async (_request, reply) =>
      reply.type('text/event-stream').send(Readable.from(['data: one\n\n', 'data: two\n\n']))
    )
    app.get('/csv', async (_request, reply) => reply.type('text/csv').send(Readable.from(['a,b\n', '1,2\n'])))
    app.get('/web-stream', async (_request, reply) =>
      reply.type('text/plain').send(new Response('from a web stream'))
    )
  },
  requests: [
    { url: '/raw-events', status: 200, has: /data: two/ },
    { url: '/events', status: 200, has: /data: two/ },
    { url: '/csv', status: 200, has: /1,2/ },
    { url: '/web-stream', status: 200, has: /from a web stream/ }
  ]
}
