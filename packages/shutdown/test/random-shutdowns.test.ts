// Whatever clients, handlers, resources and callers do, and in whatever order: a shutdown ends, and leaves nothing open.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import Fastify from 'fastify'
import t from 'tap'
import { shutdown, shutdownServerOptions } from '../src/index.ts'

const limits = {
  exit: false,
  fatal: false,
  drainDelay: { min: 0, max: 60 },
  timeout: 120,
  streamGrace: 20,
  closeTimeout: 100,
  resourceTimeout: 50,
  flushTimeout: 50
} as const

const never = () => new Promise<void>(() => undefined)
const outcomes = ['ends', 'hangs', 'throws', 'rejects', 'adds another'] as const
const paths = ['/', '/hang', '/slow', '/events', '/stop', '/close', '/throws', '/hijacked'] as const

const event = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...paths).map((path) => ({ kind: 'request' as const, path })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('idle', 'half', 'leaves', 'turn', 'pause').map((kind) => ({ kind }))
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('onShutdown', 'onFlush', 'onDrain'), fc.constantFrom(...outcomes))
      .map(([kind, outcome]) => ({ kind: kind as 'onShutdown', outcome }))
  },
  { weight: 1, arbitrary: fc.constantFrom('begin', 'close').map((kind) => ({ kind })) }
)
type Event = { kind: string; path?: string; outcome?: (typeof outcomes)[number] }

/** A service whose handlers end, hang, throw, stream, or stop it. */
async function build() {
  const app = Fastify({ ...shutdownServerOptions(), logger: false })
  await app.register(shutdown, limits)
  app.get('/', async () => 'fine')
  app.get('/hang', never)
  app.get('/slow', () => new Promise((resolve) => setTimeout(resolve, 40, 'slow')))
  app.get('/events', (_request, reply) => {
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  })
  app.get('/hijacked', (_request, reply) => void reply.hijack())
  app.get('/throws', () => {
    throw new Error('no')
  })
  app.get('/stop', async () => app.shutdown.begin('a handler'))
  app.get('/close', async () => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app
}

type App = Awaited<ReturnType<typeof build>>

function addCallback(app: App, kind: 'onShutdown' | 'onFlush' | 'onDrain', outcome: Event['outcome']): void {
  const callback = (): unknown => {
    if (outcome === 'hangs') return never()
    if (outcome === 'throws') throw new Error('no')
    if (outcome === 'rejects') return Promise.reject(new Error('no'))
    if (outcome === 'adds another' && kind !== 'onDrain') app.shutdown[kind]('another', () => undefined)
    return undefined
  }
  try {
    if (kind === 'onDrain') app.shutdown.onDrain(callback)
    else app.shutdown[kind](outcome ?? '', callback)
  } catch {
    // After the end it is refused.
  }
}

async function happens(app: App, clients: Socket[], { kind, path, outcome }: Event, port: number) {
  const open = (text: string) => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    socket.resume()
    if (text !== '') socket.write(text)
    clients.push(socket)
  }
  if (kind === 'request') open(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
  else if (kind === 'idle') open('')
  else if (kind === 'half') open('GET / HTTP/1.1\r\nho')
  else if (kind === 'leaves') clients.at(-1)?.destroy()
  else if (kind === 'begin') void app.shutdown.begin()
  else if (kind === 'close') app.close().catch(() => undefined)
  else if (kind === 'pause') await new Promise((resolve) => setTimeout(resolve, 30))
  else if (kind !== 'turn') addCallback(app, kind as 'onDrain', outcome)
  await new Promise((resolve) => setImmediate(resolve))
}

t.test('after any events a shutdown ends, in the state closed, and every connection with it', async (t) => {
  const codes = new Set<number>()
  await fc.assert(
    fc.asyncProperty(fc.array(event as fc.Arbitrary<Event>, { maxLength: 12 }), async (events) => {
      const app = await build()
      const { port } = app.server.address() as { port: number }
      const clients: Socket[] = []
      for (const next of events) await happens(app, clients, next, port)
      const code = await app.shutdown.begin('the end')
      codes.add(code)
      await app.close().catch(() => undefined)
      await Promise.all(clients.map(async (socket) => socket.closed || once(socket, 'close')))
      const refused = await new Promise<boolean>((resolve) =>
        connect(port, '127.0.0.1')
          .once('error', () => resolve(true))
          .once('connect', () => resolve(false))
      )
      return app.shutdown.state === 'closed' && (code === 0 || code === 1) && refused
    }),
    { numRuns: 30, endOnFailure: true }
  )
  t.equal(codes.size, 2, 'some were clean, some were not')
})
