import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { expectTypeOf } from 'expect-type'
import { pino, type Logger } from 'pino'
import { observability, observabilityServerOptions } from '@seaworthy/observability'

const plain = Fastify({ ...observabilityServerOptions() })
expectTypeOf(plain.log).toEqualTypeOf<FastifyBaseLogger>()
const asArgument: FastifyInstance = plain
await asArgument.register(observability)

const silent = Fastify({ ...observabilityServerOptions(), logger: false })
const unlogged = Fastify({ ...observabilityServerOptions({ logger: false }), trustProxy: true })
const https = Fastify({ ...observabilityServerOptions(), https: { key: '', cert: '' } })
const http2 = Fastify({ ...observabilityServerOptions(), http2: true })
const secure = Fastify({ ...observabilityServerOptions(), http2: true, https: { key: '', cert: '' } })
for (const app of [silent, unlogged]) await app.register(observability)
await https.register(observability)
await http2.register(observability)
await secure.register(observability)

// The app's own logger keeps its type, custom levels included.
const own = pino({ customLevels: { audit: 35 } })
const options = observabilityServerOptions({ loggerInstance: own })
expectTypeOf(options.loggerInstance).toEqualTypeOf<Logger<'audit'>>()
const app = Fastify({ ...options })
app.log.audit('signed in')
app.get('/', async (request) => request.log.audit('asked'))
await app.register(observability)
// @ts-expect-error Fastify takes a logger or settings, never both
void options.logger
// @ts-expect-error the settings are there, a logger is not
void observabilityServerOptions().loggerInstance
// @ts-expect-error misspelt
observabilityServerOptions({ levle: 'info' })
// @ts-expect-error no level of that name
observabilityServerOptions({ level: 'loud' })
// @ts-expect-error not a logger
observabilityServerOptions({ loggerInstance: 5 })
