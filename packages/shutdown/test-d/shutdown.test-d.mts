import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyInstance } from 'fastify'
import {
  preflight,
  shutdown,
  shutdownServerOptions,
  type PreflightResult,
  type Shutdown,
  type ShutdownServerSettings
} from '@seaworthy/shutdown'

const app = Fastify({ ...shutdownServerOptions(), logger: false })
expectTypeOf(app.shutdown).toEqualTypeOf<Shutdown>()
expectTypeOf<FastifyInstance['shutdown']>().toEqualTypeOf<Shutdown>()
expectTypeOf(app.shutdown.state).toEqualTypeOf<'running' | 'draining' | 'closing' | 'closed'>()
expectTypeOf(app.shutdown.begin('deploy')).toEqualTypeOf<Promise<number>>()
expectTypeOf(app.shutdown.onShutdown).returns.toEqualTypeOf<void>()
expectTypeOf(shutdownServerOptions()).toEqualTypeOf<ShutdownServerSettings>()
expectTypeOf<ShutdownServerSettings>().toEqualTypeOf<{ return503OnClosing: false }>()
expectTypeOf(preflight({ script: 'src/server.js' })).toEqualTypeOf<Promise<PreflightResult>>()

await app.register(shutdown, { logLevel: 'warn', signals: ['SIGTERM'], drainDelay: { min: 0 }, exit: false })
app.shutdown.onShutdown('database', async () => undefined, { timeout: 500 })
app.shutdown.onDrain((reason) => expectTypeOf(reason).toEqualTypeOf<string>())

// @ts-expect-error no signal
await app.register(shutdown, { signals: ['SIGTREM'] })
// @ts-expect-error milliseconds, not a text
await app.register(shutdown, { timeout: '10s' })
// @ts-expect-error no option
shutdownServerOptions({ timout: 5 })
// @ts-expect-error no such member
app.shutdown.onClose('x')

const secure = Fastify({ ...shutdownServerOptions(), https: { key: '', cert: '' } })
expectTypeOf(secure.shutdown).toEqualTypeOf<Shutdown>()
const http2 = Fastify({ ...shutdownServerOptions(), http2: true })
expectTypeOf(http2.shutdown).toEqualTypeOf<Shutdown>()

expectTypeOf(app.shutdown.track('sum', async () => 3)).toEqualTypeOf<Promise<number>>()
app.shutdown.onShutdown('queue', async () => undefined, { phase: 'consumers', timeout: 1000 })
// @ts-expect-error There is no such phase.
app.shutdown.onShutdown('queue', async () => undefined, { phase: 'queues' })
app.get('/work', async (request) => {
  request.waitUntil(Promise.resolve(3), 'mail')
  return 'fine'
})
