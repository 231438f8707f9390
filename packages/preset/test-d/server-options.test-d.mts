// The type of `Fastify(serverOptions())`, for every kind of server and logger.
import type { IncomingMessage, Server } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import {
  seaworthy,
  serverOptions,
  type PartReport,
  type Report,
  type SeaworthyOptions
} from 'fastify-seaworthy'
import { pino, type Logger } from 'pino'

// Nothing given, or the same options as the plugin's.
const plain = Fastify(serverOptions())
expectTypeOf(plain.server).toEqualTypeOf<Server>()
expectTypeOf(plain.log).toEqualTypeOf<FastifyBaseLogger>()
await plain.register(seaworthy)
expectTypeOf(plain.seaworthy.report()).toEqualTypeOf<Report>()
expectTypeOf(plain.seaworthy.report().parts).toEqualTypeOf<PartReport[]>()
expectTypeOf(plain.seaworthy.report().missing).toEqualTypeOf<string[]>()
// @ts-expect-error no such member
void plain.seaworthy.nonsense
const spread = Fastify({ ...serverOptions() })
const asArgument: FastifyInstance = spread

declare const options: SeaworthyOptions
const configured = Fastify(serverOptions(options))
expectTypeOf(configured.log).toEqualTypeOf<FastifyBaseLogger>()
const allOff = { observability: false, errors: false, shutdown: false, security: false } as const
await Fastify(serverOptions(allOff)).register(seaworthy, allOff)
// @ts-expect-error no part of that name
serverOptions({ observabilty: false })
// @ts-expect-error no option of that name
serverOptions({ security: { bodyLimits: 5 } })
// @ts-expect-error neither a switch nor options
serverOptions({ security: 'off' })

// TLS and HTTP/2: as the second argument and by spread.
const tls = { key: '', cert: '' }
const https = Fastify(serverOptions({}, { https: tls }))
expectTypeOf(https.server).toEqualTypeOf<HttpsServer>()
const httpsBySpread = Fastify({ ...serverOptions(), https: tls })
expectTypeOf(httpsBySpread.server).toEqualTypeOf<HttpsServer>()
const http2 = Fastify(serverOptions({}, { http2: true }))
expectTypeOf(http2.server).toEqualTypeOf<Http2Server>()
const http2BySpread = Fastify({ ...serverOptions(), http2: true })
expectTypeOf(http2BySpread.server).toEqualTypeOf<Http2Server>()
const secure = Fastify(serverOptions({}, { http2: true, https: tls }))
expectTypeOf(secure.server).toEqualTypeOf<Http2SecureServer>()
const secureBySpread = Fastify({ ...serverOptions(), http2: true, https: { ...tls, allowHTTP1: true } })
expectTypeOf(secureBySpread.server).toEqualTypeOf<Http2SecureServer>()
await https.register(seaworthy)
await http2.register(seaworthy, { auth: false })
await secure.register(seaworthy)
await httpsBySpread.register(seaworthy)
expectTypeOf(http2.seaworthy.report()).toEqualTypeOf<Report>()

// Without a logger, and with the logger of the app.
const silent = Fastify(serverOptions({}, { logger: false }))
const silentBySpread = Fastify({ ...serverOptions(), logger: false })
const silentPart = Fastify(serverOptions({ observability: { logger: false } }))
for (const app of [silent, silentBySpread, silentPart]) await app.register(seaworthy)
const noisy = Fastify(serverOptions({}, { logger: { level: 'warn', redact: ['password'] } }))
expectTypeOf(noisy.log).toEqualTypeOf<FastifyBaseLogger>()

const own = pino({ customLevels: { audit: 35 } })
const logged = Fastify(serverOptions({}, { loggerInstance: own }))
expectTypeOf(logged.log).toEqualTypeOf<Logger<'audit'>>()
logged.log.audit('signed in')
logged.get('/', async (request) => request.log.audit('asked'))
await logged.register(seaworthy)
const loggedByPart = Fastify(serverOptions({ observability: { loggerInstance: own } }))
expectTypeOf(loggedByPart.log).toEqualTypeOf<Logger<'audit'>>()
const loggedBySpread = Fastify({
  ...serverOptions({ observability: { logger: false } }),
  loggerInstance: own
})
loggedBySpread.log.audit('signed in')
const loggedHttps = Fastify(serverOptions({}, { https: tls, loggerInstance: own }))
expectTypeOf(loggedHttps.server).toEqualTypeOf<HttpsServer>()
loggedHttps.log.audit('signed in')

// The app's own options keep their types, and a misspelt one is an error.
const merged = serverOptions(options, {
  bodyLimit: 2 ** 22,
  routerOptions: { caseSensitive: false },
  http: { maxHeaderSize: 32_768 },
  ajv: { customOptions: { allErrors: false } }
})
expectTypeOf(merged.bodyLimit).toEqualTypeOf<number>()
await Fastify(merged).register(seaworthy, options)
const lone = { observability: false } as const
Fastify(serverOptions(lone, { genReqId: (raw: IncomingMessage) => raw.url ?? '' }))
Fastify(
  serverOptions(lone, {
    rewriteUrl: (raw: IncomingMessage) => raw.url ?? '/',
    genReqId: (raw) => `${raw.url}`
  })
)
// @ts-expect-error misspelt
serverOptions({}, { bodyLimits: 5 })
// @ts-expect-error misspelt, beside one that is right
serverOptions({}, { bodyLimit: 5, trustProxi: false })
// @ts-expect-error of the wrong type
serverOptions({}, { bodyLimit: '5' })
// @ts-expect-error not a logger
serverOptions({ observability: { loggerInstance: 5 } })
// @ts-expect-error a part's option has its place in the first argument
serverOptions({}, { observability: false })

export { asArgument, noisy }
