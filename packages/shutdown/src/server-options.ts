import type { ShutdownOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'

/**
 * The constructor options to spread into `Fastify({ … })`.
 *
 * @example
 * const settings: ShutdownServerSettings = shutdownServerOptions()
 * const app = Fastify({ ...settings })
 */
export interface ShutdownServerSettings {
  /**
   * Whether requests on open connections are rejected with 503 while `app.close()` runs.
   *
   * @defaultValue false
   */
  return503OnClosing: false
}

/**
 * The options that only Fastify's constructor can set: `Fastify(shutdownServerOptions())`. With them, a request that
 * arrives on an open connection while `app.close()` runs is served instead of rejected with 503.
 *
 * @example
 * const app = Fastify({ ...shutdownServerOptions() })
 * await app.register(shutdown)
 * @param options - The same options as the plugin's; they are checked.
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
export function shutdownServerOptions(options: ShutdownOptions = {}): ShutdownServerSettings {
  resolveOptions(options)
  return { return503OnClosing: false }
}
