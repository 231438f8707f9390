import { earlyRejectionOptions, type EarlyRejectionOptions } from '@seaworthy/contract'
import { resolveOptions, type ErrorsOptions } from './options.ts'

/** What to spread into `Fastify({ … })`. */
export interface ErrorsServerSettings {
  frameworkErrors: EarlyRejectionOptions['frameworkErrors']
  clientErrorHandler: EarlyRejectionOptions['clientErrorHandler']
}

/**
 * The constructor's part: malformed URLs and malformed HTTP are answered in the same shape as all other errors.
 *
 * @param options - The same options that the plugin gets; they are checked.
 * @example
 * const app = Fastify({ ...errorsServerOptions() })
 * await app.register(errors)
 * @throws RangeError for an option that cannot work.
 */
export function errorsServerOptions(options: ErrorsOptions = {}): ErrorsServerSettings {
  resolveOptions(options)
  return { ...earlyRejectionOptions }
}
