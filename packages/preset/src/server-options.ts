import type { FastifyServerOptions } from 'fastify'
import { forConstructor } from './constructor-part.ts'
import { load } from './load.ts'
import { checkOptions, optionsOf, type SeaworthyOptions } from './options.ts'

/**
 * What only Fastify's constructor can set, for all parts that are on: `Fastify(serverOptions(options))`.
 * Spread it first where you have options of your own: `Fastify({ ...serverOptions(options), bodyLimit: 2 ** 22 })`.
 *
 * @param options - The same options that the plugin gets.
 */
export function serverOptions(options: SeaworthyOptions = {}): FastifyServerOptions {
  checkOptions(options)
  const { observability, errors, shutdown, security } = options
  return {
    ...(errors === false ? {} : load.errors().errorsServerOptions(optionsOf(errors))),
    ...(shutdown === false ? {} : load.shutdown().shutdownServerOptions(optionsOf(shutdown))),
    ...(security === false ? {} : load.security().securityServerOptions(optionsOf(security))),
    ...(observability === false
      ? {}
      : load.observability().observabilityServerOptions(forConstructor(optionsOf(observability))))
  }
}
