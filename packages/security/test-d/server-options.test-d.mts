// Only what is set is returned, so that nothing stands in the way of Fastify's overloads.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import { pino, type Logger } from 'pino'
import { errorsServerOptions } from '@seaworthy/errors'
import { securityServerOptions } from '@seaworthy/security'
import { shutdownServerOptions } from '@seaworthy/shutdown'

const all = { ...errorsServerOptions(), ...shutdownServerOptions(), ...securityServerOptions() }
expectTypeOf(Fastify({ ...all, http2: true }).server).toEqualTypeOf<Http2Server>()
expectTypeOf(Fastify({ ...all, https: { key: '', cert: '' } }).server).toEqualTypeOf<HttpsServer>()
expectTypeOf(Fastify({ ...all, http2: true, https: {} }).server).toEqualTypeOf<Http2SecureServer>()
expectTypeOf(Fastify({ ...all, loggerInstance: pino() }).log).toEqualTypeOf<Logger>()
Fastify({ ...all, logger: false })
Fastify({ ...all, logger: { level: 'warn' }, bodyLimit: 5 })
