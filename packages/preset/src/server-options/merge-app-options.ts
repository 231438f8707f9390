import type { IncomingMessage, ServerOptions as HttpOptions } from 'node:http'
import type { Http2ServerRequest, SecureServerOptions } from 'node:http2'
import type { ServerOptions as HttpsOptions } from 'node:https'
import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { partOptions, type SeaworthyOptions } from '../parts/options.ts'

/** Options of Fastify's constructor, for any kind of server and logger. */
// oxlint-disable-next-line typescript/no-explicit-any -- any server, any logger: Fastify's constructor checks them
export type OwnServerOptions = Omit<FastifyServerOptions<any, any>, 'genReqId' | 'rewriteUrl'> & {
  // Methods, not functions: the app's may take the requests of its own server alone.
  genReqId?(raw: IncomingMessage | Http2ServerRequest): string
  rewriteUrl?(this: FastifyInstance, raw: IncomingMessage | Http2ServerRequest): string
  http?: HttpOptions | null
  https?: HttpsOptions | SecureServerOptions | null
  http2?: boolean
  http2SessionTimeout?: number
}

/** A key that Fastify doesn't have is an error, not lost. */
export type KnownKeys<Own> = { [K in Exclude<keyof Own, keyof OwnServerOptions>]: never }

type Settings = Record<string, unknown>

/** What a part puts where there is room for one, and what to use instead. */
const taken: Readonly<Record<string, string>> = {
  genReqId: '"observability.correlation" has its options',
  requestIdHeader: 'use "observability.correlation.header"',
  requestIdLogLabel: 'use "observability.logging.schema"',
  disableRequestLogging: 'use "observability.logging"',
  childLoggerFactory: '"observability.logging" has its options',
  logController: '"observability.logging" has its options',
  frameworkErrors: 'use app.setErrorHandler, or "errors.map"',
  clientErrorHandler: 'it answers what is no HTTP'
}
const ofTheLogger = new Set(['requestIdHeader', 'requestIdLogLabel', 'disableRequestLogging'])

/**
 * The parts' settings with the app's own.
 *
 * @throws RangeError where one of them would be lost.
 */
export function mergeAppOptions(parts: Settings, own: OwnServerOptions, options: SeaworthyOptions): Settings {
  const given: Settings = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
  for (const key of Object.keys(given)) refuseLoss(key, given, parts, options)

  const { maxParamLength, ...result } = { ...parts, ...given }
  if (given.loggerInstance !== undefined) delete result.logger
  else if (parts.logger !== undefined) result.logger = mergedLogger(parts.logger, given.logger)
  const router = maxParamLength === undefined ? {} : { maxParamLength }
  const routers = { ...object(parts.routerOptions), ...router, ...object(given.routerOptions) }
  if (Object.keys(routers).length > 0) result.routerOptions = routers
  if (parts.http === undefined) return result

  // Fastify reads the one or the other, and a server that speaks TLS has the same timeouts.
  const secure = given.https !== undefined && given.https !== null
  const key = secure ? 'https' : 'http'
  result[key] = { ...object(parts.http), ...object(given.http), ...object(given[key]) }
  if (secure) delete result.http
  return result
}

function refuseLoss(key: string, given: Settings, parts: Settings, options: SeaworthyOptions): void {
  const hint = taken[key]
  const isTaken = key in parts || (ofTheLogger.has(key) && 'logController' in parts)
  if (hint !== undefined && isTaken)
    throw new RangeError(`seaworthy: "${key}" is set by a part, and yours would take its place: ${hint}`)

  const security: Settings = options.security === false ? {} : { ...partOptions(options.security) }
  const configured = key === 'trustProxy' || key === 'bodyLimit' || key === 'requestTimeout'
  if (configured && security[key] !== undefined && !isDeepStrictEqual(security[key], given[key]))
    throw new RangeError(`seaworthy: "${key}" is given twice, and in "security.${key}" differently: keep one`)
}

/** The observability part with the app's own logger in it, which has its level already: `fromEnv` always gives one. */
export function withLogger(
  options: SeaworthyOptions,
  { logger, loggerInstance }: OwnServerOptions
): SeaworthyOptions {
  if (loggerInstance === undefined || options.observability === false) return options

  const { level: _level, ...observability } = partOptions(options.observability)
  if (logger !== undefined || observability.logger !== undefined)
    throw new RangeError('seaworthy: "logger" and "loggerInstance" are both given: keep one')
  return { ...options, observability: { ...observability, loggerInstance } }
}

const object = (value: unknown): Settings => (typeof value === 'object' && value !== null ? { ...value } : {})

function mergedLogger(ours: unknown, own: unknown): unknown {
  if (own === undefined || own === true) return ours
  if (own === false) return false
  const [part, app] = [object(ours), object(own)]
  return { ...part, ...app, serializers: { ...object(part.serializers), ...object(app.serializers) } }
}
