import type { IncomingMessage, ServerOptions as HttpOptions } from 'node:http'
import type { Http2ServerRequest, SecureServerOptions } from 'node:http2'
import type { ServerOptions as HttpsOptions } from 'node:https'
import { inspect, isDeepStrictEqual } from 'node:util'
import { invalidOption } from '@seaworthy/internal'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { partOptions, type SeaworthyOptions } from '../parts/options.ts'

/**
 * Options of Fastify's constructor, for any kind of server and logger.
 *
 * @example
 * const appOptions: AppServerOptions = { bodyLimit: 4_194_304 }
 * console.log(appOptions.bodyLimit)
 */
// oxlint-disable-next-line typescript/no-explicit-any -- any server, any logger: Fastify's constructor checks them
export type AppServerOptions = Omit<FastifyServerOptions<any, any>, 'genReqId' | 'rewriteUrl'> & {
  // Methods, not functions: the app's may take the requests of its own server alone.
  genReqId?(raw: IncomingMessage | Http2ServerRequest): string
  rewriteUrl?(this: FastifyInstance, raw: IncomingMessage | Http2ServerRequest): string
  http?: HttpOptions | null
  https?: HttpsOptions | SecureServerOptions | null
  http2?: boolean
  http2SessionTimeout?: number
}

/** Makes a key that Fastify does not have an error, instead of ignoring it. */
export type FastifyKeys<App> = { [K in Exclude<keyof App, keyof AppServerOptions>]: never }

type Settings = Record<string, unknown>

/** Constructor options that only one function or value can have, and the part's option to use instead. */
const alternatives: Readonly<Record<string, string>> = {
  genReqId: '"observability.correlation" has its options',
  requestIdHeader: 'use "observability.correlation.header"',
  requestIdLogLabel: 'use "observability.logging.schema"',
  disableRequestLogging: 'use "observability.logging"',
  childLoggerFactory: '"observability.logging" has its options',
  logController: '"observability.logging" has its options',
  frameworkErrors: 'use app.setErrorHandler, or "errors.map"',
  clientErrorHandler: 'it answers bytes that are not HTTP'
}
/** Options that the parts replace by `logController`. */
const logControllerOptions = new Set(['requestIdHeader', 'requestIdLogLabel', 'disableRequestLogging'])

/**
 * The settings of the parts, merged with the app's own constructor options.
 *
 * @throws RangeError where one of them would be lost.
 */
export function mergeAppOptions(
  parts: Settings,
  appOptions: AppServerOptions,
  options: SeaworthyOptions
): Settings {
  const app = omitUndefined(appOptions)
  for (const key of Object.keys(app)) rejectLoss(key, app, parts, options)

  const { maxParamLength, ...result } = { ...parts, ...app }
  if (app.loggerInstance !== undefined) delete result.logger
  else if (parts.logger !== undefined) result.logger = mergeLogger(parts.logger, app.logger)
  const routerOptions = {
    ...asObject(parts.routerOptions),
    ...(maxParamLength === undefined ? {} : { maxParamLength }),
    ...asObject(app.routerOptions)
  }
  if (Object.keys(routerOptions).length > 0) result.routerOptions = routerOptions
  const isMerged = parts.http !== undefined || parts.https !== undefined
  return isMerged ? { ...withoutHttp(result), ...mergeHttp(parts, app) } : result
}

const omitUndefined = (options: object): Settings =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

const withoutHttp = ({ http: _http, https: _https, ...others }: Settings): Settings => others

/** Fastify reads either `http` or `https`, and a server with TLS needs the same timeouts. */
function mergeHttp(parts: Settings, app: Settings): Settings {
  const isSecure = parts.https !== undefined || (app.https !== undefined && app.https !== null)
  const shared = { ...asObject(parts.http), ...asObject(app.http) }
  return isSecure
    ? { https: withoutPrint({ ...shared, ...asObject(parts.https), ...asObject(app.https) }) }
    : { http: { ...shared, ...asObject(app.http) } }
}

/** The object, of which no inspection and no JSON prints the private key. */
function withoutPrint(https: Settings): Settings {
  const shown = () => '[TLS options]'
  for (const name of [inspect.custom, 'toJSON'])
    Object.defineProperty(https, name, { value: shown, enumerable: false })
  return https
}

/** Options of `https` that bring a certificate. */
const certificateOptions = ['cert', 'key', 'pfx', 'passphrase']

function mergeLogger(part: unknown, app: unknown): unknown {
  if (app === undefined || app === true) return part
  if (app === false) return false
  const [partLogger, appLogger] = [asObject(part), asObject(app)]
  const serializers = { ...asObject(partLogger.serializers), ...asObject(appLogger.serializers) }
  return { ...partLogger, ...appLogger, serializers }
}

function rejectLoss(key: string, app: Settings, parts: Settings, options: SeaworthyOptions): void {
  const alternative = alternatives[key]
  const isTaken = key in parts || (logControllerOptions.has(key) && 'logController' in parts)
  if (alternative !== undefined && isTaken)
    throw invalidOption(`seaworthy: "${key}" is set by a part, and yours would replace it: ${alternative}`)

  const certificateOption =
    key === 'https' ? certificateOptions.find((name) => name in asObject(app.https)) : undefined
  if (certificateOption !== undefined && parts.https !== undefined)
    throw invalidOption(
      `seaworthy: "https.${certificateOption}" is set here, and "tls" brings a certificate: keep one`
    )

  const security: Settings = options.security === false ? {} : { ...partOptions(options.security) }
  const isShared = key === 'trustProxy' || key === 'bodyLimit' || key === 'requestTimeout'
  if (isShared && security[key] !== undefined && !isDeepStrictEqual(security[key], app[key]))
    throw invalidOption(
      `seaworthy: "${key}" is set here and in "security.${key}", to different values: keep one`
    )
}

/**
 * The preset's options with the app's logger in the observability part. A level is left out: the logger has its own,
 * and `fromEnv` always sets one.
 */
export function withLogger(
  options: SeaworthyOptions,
  { logger, loggerInstance }: AppServerOptions
): SeaworthyOptions {
  if (loggerInstance === undefined || options.observability === false) return options

  const { level: _level, ...observability } = partOptions(options.observability)
  if (logger !== undefined || observability.logger !== undefined)
    throw invalidOption('seaworthy: "logger" and "loggerInstance" are both set: keep one')
  return { ...options, observability: { ...observability, loggerInstance } }
}

const asObject = (value: unknown): Settings =>
  typeof value === 'object' && value !== null ? { ...value } : {}
