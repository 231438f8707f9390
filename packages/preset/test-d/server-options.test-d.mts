import type { Server } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { pino, type Logger } from 'pino'
import { fromEnv, seaworthy, serverOptions, type SeaworthyOptions } from 'fastify-seaworthy'

const keys = { key: '', cert: '' }
const options: SeaworthyOptions = { security: { rateLimit: { max: 10 } } }
const config = fromEnv({})

const plain = Fastify(serverOptions())
expectTypeOf(plain.server).toEqualTypeOf<Server>()
expectTypeOf(plain.log).toEqualTypeOf<FastifyBaseLogger>()
const asArgument: FastifyInstance = plain
await asArgument.register(seaworthy, options)
const configured: FastifyInstance = Fastify(serverOptions(config))
await configured.register(seaworthy, config)

// Spread, the app's own beside them: Fastify's overloads find the server.
expectTypeOf(Fastify({ ...serverOptions(), logger: false }).server).toEqualTypeOf<Server>()
expectTypeOf(Fastify({ ...serverOptions(), https: keys }).server).toEqualTypeOf<HttpsServer>()
expectTypeOf(Fastify({ ...serverOptions(), http2: true }).server).toEqualTypeOf<Http2Server>()
expectTypeOf(
  Fastify({ ...serverOptions(), http2: true, https: keys }).server
).toEqualTypeOf<Http2SecureServer>()

// Merged, the same.
expectTypeOf(
  Fastify(serverOptions(config, { logger: false, bodyLimit: 2 ** 22 })).server
).toEqualTypeOf<Server>()
expectTypeOf(Fastify(serverOptions(config, { https: keys })).server).toEqualTypeOf<HttpsServer>()
expectTypeOf(Fastify(serverOptions(config, { http2: true })).server).toEqualTypeOf<Http2Server>()
const secure = Fastify(serverOptions(options, { http2: true, https: keys }))
expectTypeOf(secure.server).toEqualTypeOf<Http2SecureServer>()
await secure.register(seaworthy, options)

// The app's own logger keeps its type, custom levels included, wherever it is given.
const own = pino({ customLevels: { audit: 35 } })
const merged = Fastify(serverOptions(config, { loggerInstance: own }))
expectTypeOf(merged.log).toEqualTypeOf<Logger<'audit'>>()
merged.log.audit('signed in')
const asOption = Fastify(serverOptions({ observability: { loggerInstance: own } }))
asOption.log.audit('signed in')

// @ts-expect-error misspelt, beside nothing
serverOptions(config, { bodyLimt: 1 })
// @ts-expect-error misspelt, beside a key that there is
serverOptions(config, { bodyLimit: 1, trustProxi: false })
// @ts-expect-error a number of bytes
serverOptions(config, { bodyLimit: '4mb' })
// @ts-expect-error no part of that name
serverOptions({ helth: true })
// @ts-expect-error not a logger
serverOptions({ observability: { loggerInstance: 5 } })
