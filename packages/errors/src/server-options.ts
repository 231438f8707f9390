import { earlyRejectionOptions, type EarlyRejectionOptions } from '@seaworthy/contract'
import { resolveOptions, type ErrorsOptions } from './options.ts'

/**
 * Options to spread into `Fastify({ … })`.
 *
 * @example
 * const settings: ErrorsServerSettings = errorsServerOptions({ format: 'problem' })
 * const app = Fastify({ ...settings })
 */
export interface ErrorsServerSettings {
  frameworkErrors: EarlyRejectionOptions['frameworkErrors']
  clientErrorHandler: EarlyRejectionOptions['clientErrorHandler']
}

/**
 * The options that only the constructor can take: with them, malformed URLs and malformed HTTP are answered in the same
 * shape as all other errors.
 *
 * @param options - The options that the plugin gets. They are checked.
 * @example
 * const app = Fastify({ ...errorsServerOptions() })
 * await app.register(errors)
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
export function errorsServerOptions(options: ErrorsOptions = {}): ErrorsServerSettings {
  resolveOptions(options)
  return { ...earlyRejectionOptions }
}
