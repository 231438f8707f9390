import { resolveOptions, type ShutdownOptions } from './options.ts'

/** What to spread into `Fastify({ … })`. */
export interface ShutdownServerSettings {
  return503OnClosing: false
}

/**
 * What only Fastify's constructor can set: `Fastify(shutdownServerOptions())`. With it, a request that comes on an
 * open connection while `app.close()` runs is served instead of being answered with 503.
 *
 * @param options - The same options that the plugin gets; they are checked.
 */
export function shutdownServerOptions(options: ShutdownOptions = {}): ShutdownServerSettings {
  resolveOptions(options)
  return { return503OnClosing: false }
}
