import type { CorsOptions } from './cors/options.ts'
import type { HeadersOptions } from './headers/options.ts'
import type { RateLimitOptions } from './rate-limit/options.ts'
import type { SecurityServerOptions } from './server-options.ts'
import type { ValidationOptions } from './validation/options.ts'
import { check, given, section } from './option-checks.ts'

/**
 * Options of the security plugin, each part `false` or its options. The members of `SecurityServerOptions` are only
 * checked here: the constructor sets them.
 */
export interface SecurityOptions extends SecurityServerOptions {
  /**
   * Security headers on every answer.
   *
   * @defaultValue `{}`
   */
  headers?: HeadersOptions | false | undefined
  /**
   * Who may read answers from another origin. Without it nobody.
   *
   * @defaultValue false
   */
  cors?: CorsOptions | false | undefined
  /**
   * How much one client may ask.
   *
   * @defaultValue `{}`
   */
  rateLimit?: RateLimitOptions | false | undefined
  /**
   * What may come in.
   *
   * @defaultValue `{}`
   */
  validation?: ValidationOptions | false | undefined
}

const parts = ['headers', 'cors', 'rateLimit', 'validation'] as const
const server = ['trustProxy', 'bodyLimit', 'requestTimeout', 'headersTimeout', 'maxParamLength', 'http']

/** The parts that are on, with their options. */
export interface ResolvedSecurity {
  headers: HeadersOptions | false
  cors: CorsOptions | false
  rateLimit: RateLimitOptions | false
  validation: ValidationOptions | false
}

/** Fills in the defaults and refuses what cannot work. The parts check their own. */
export function resolveOptions(options: SecurityOptions): ResolvedSecurity {
  check.keys('', options, [...parts, ...server])
  const { headers = {}, cors = false, rateLimit = {}, validation = {} } = given(options)
  const resolved = { headers, cors, rateLimit, validation }
  for (const part of parts) if (resolved[part] !== false) section(part, resolved[part])
  return resolved
}
