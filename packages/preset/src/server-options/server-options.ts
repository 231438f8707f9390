import type { FastifyServerSettings } from '@seaworthy/observability'
import type { SecurityServerSettings } from '@seaworthy/security'
import type { FastifyBaseLogger } from 'fastify'
import { observabilityServerHalf } from '../parts/split-observability.ts'
import { load } from '../load/load.cjs'
import { requireVersions } from '../load/required-versions.ts'
import { checkOptions, partOptions, type SeaworthyOptions } from '../parts/options.ts'
import { tlsSettings, type TlsSettings } from '../tls/server-settings.ts'
import { withLogger, mergeAppOptions, type FastifyKeys, type AppServerOptions } from './merge-app-options.ts'

/**
 * The constructor options that the parts set, without those of parts that are off.
 *
 * @example
 * const settings: ServerSettings = serverOptions()
 * console.log(settings.bodyLimit)
 */
export type ServerSettings = Partial<
  Omit<FastifyServerSettings, 'loggerInstance'> & SecurityServerSettings & { return503OnClosing: boolean }
>

/** The settings, with the certificate of `tls`: in the public type it would change the type of the server. */
export type PartSettings = ServerSettings & { https?: TlsSettings }

/** The type of the logger in the options, so that `app.log` has it. */
type InstanceOf<Options> = Options extends {
  observability: { loggerInstance: infer Logger extends FastifyBaseLogger }
}
  ? { loggerInstance: Logger }
  : unknown

/**
 * The result of {@link serverOptions}: the parts' settings, and the app's own with their types.
 *
 * @example
 * const settings: ServerOptions<object, object> = serverOptions()
 * console.log(settings.trustProxy)
 */
export type ServerOptions<Options, App> = Omit<ServerSettings, keyof App> & InstanceOf<Options> & App

/**
 * The options that only Fastify's constructor can set, of all parts that are on: `Fastify(serverOptions(options))`.
 *
 * The app's own constructor options are the second argument: `Fastify(serverOptions(options, { bodyLimit: 2 ** 22 }))`.
 * `logger`, `http`, `https` and `routerOptions` are merged key by key, and where both have one, the app's wins; the
 * app's values replace the parts' defaults. A `loggerInstance` has its own level: make it with `config.env.LOG_LEVEL`.
 * An option that would be silently lost is an error: a value that `options` sets differently, and a function where a part
 * needs its own.
 *
 * @example
 * const options = { security: { trustProxy: ['10.0.0.0/8'] } }
 * const app = Fastify(serverOptions(options, { bodyLimit: 4_194_304 }))
 * await app.register(seaworthy, options)
 * @param options - The same options as the plugin's.
 * @param appOptions - Options of Fastify's constructor.
 * @throws RangeError with the code `INVALID_OPTION` where `appOptions` and the parts contradict each other.
 */
export function serverOptions<
  const Options extends SeaworthyOptions = SeaworthyOptions,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type, typescript/ban-types -- the app has no options
  App extends AppServerOptions = {}
>(
  options?: Options,
  appOptions?: App & AppServerOptions & FastifyKeys<App>
): ServerOptions<NoInfer<Options>, NoInfer<App>> {
  try {
    return mergeOptions(options, appOptions) as ServerOptions<Options, App>
  } catch (error) {
    // The line to change is the app's: Node prints that one above the message.
    if ((error as { code?: unknown }).code === 'INVALID_OPTION')
      Error.captureStackTrace(error as Error, serverOptions)
    throw error
  }
}

function mergeOptions(options: SeaworthyOptions = {}, appOptions: AppServerOptions = {}): object {
  requireVersions()
  checkOptions(options)
  return mergeAppOptions(partSettings(withLogger(options, appOptions)), appOptions, options)
}

/** The constructor options of the parts alone. */
export function partSettings({
  observability,
  errors,
  shutdown,
  security,
  tls
}: SeaworthyOptions): PartSettings {
  return {
    ...(tls === undefined ? {} : { https: tlsSettings(tls) }),
    ...(errors === false ? {} : load.errors().errorsServerOptions(partOptions(errors))),
    ...(shutdown === false ? {} : load.shutdown().shutdownServerOptions(partOptions(shutdown))),
    ...(security === false ? {} : load.security().securityServerOptions(partOptions(security))),
    ...(observability === false
      ? {}
      : load.observability().observabilityServerOptions(observabilityServerHalf(partOptions(observability))))
  }
}
