import type { FastifyServerSettings } from '@seaworthy/observability'
import type { SecurityServerSettings } from '@seaworthy/security'
import type { FastifyBaseLogger } from 'fastify'
import { observabilityServerHalf } from '../parts/split-observability.ts'
import { load } from '../load/load.cjs'
import { requireVersions } from '../load/required-versions.ts'
import { checkOptions, partOptions, type SeaworthyOptions } from '../parts/options.ts'
import { withLogger, mergeAppOptions, type KnownKeys, type OwnServerOptions } from './merge-app-options.ts'

/** What the parts that are on set, and no other key. */
export type ServerSettings = Partial<
  Omit<FastifyServerSettings, 'loggerInstance'> & SecurityServerSettings & { return503OnClosing: boolean }
>

/** The logger that the options bring, so that `app.log` has its type. */
type InstanceOf<Options> = Options extends {
  observability: { loggerInstance: infer Logger extends FastifyBaseLogger }
}
  ? { loggerInstance: Logger }
  : unknown

/** What {@link serverOptions} gives: the parts' settings, and the app's own under their own types. */
export type ServerOptions<Options, Own> = Omit<ServerSettings, keyof Own> & InstanceOf<Options> & Own

/**
 * What only Fastify's constructor can set, for all parts that are on: `Fastify(serverOptions(options))`.
 *
 * Options of the app's own go into the second argument: `Fastify(serverOptions(options, { bodyLimit: 2 ** 22 }))`.
 * `logger`, `http`, `https` and `routerOptions` are merged key by key, and where both have one, the app's wins; the
 * app's values replace the parts' defaults. A `loggerInstance` has its own level: make it with `config.env.LOG_LEVEL`.
 * What would be lost without a word is an error: a value that `options` sets too, and a function that a part has in the
 * same place.
 *
 * @param options - The same options that the plugin gets.
 * @param own - Options of Fastify's constructor.
 * @throws RangeError where `own` and the parts contradict each other.
 */
export function serverOptions<
  const Options extends SeaworthyOptions = SeaworthyOptions,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type, typescript/ban-types -- no options of the app's own
  Own extends OwnServerOptions = {}
>(
  options?: Options,
  own?: Own & OwnServerOptions & KnownKeys<Own>
): ServerOptions<NoInfer<Options>, NoInfer<Own>> {
  return merged(options, own) as ServerOptions<Options, Own>
}

function merged(options: SeaworthyOptions = {}, own: OwnServerOptions = {}): object {
  requireVersions()
  checkOptions(options)
  return mergeAppOptions(partSettings(withLogger(options, own)), own, options)
}

/** What the parts give, alone. */
export function partSettings({
  observability,
  errors,
  shutdown,
  security
}: SeaworthyOptions): ServerSettings {
  return {
    ...(errors === false ? {} : load.errors().errorsServerOptions(partOptions(errors))),
    ...(shutdown === false ? {} : load.shutdown().shutdownServerOptions(partOptions(shutdown))),
    ...(security === false ? {} : load.security().securityServerOptions(partOptions(security))),
    ...(observability === false
      ? {}
      : load.observability().observabilityServerOptions(observabilityServerHalf(partOptions(observability))))
  }
}
