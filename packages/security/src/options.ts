import { omitUndefined } from '@seaworthy/internal'
import type { CorsOptions } from './cors/options.ts'
import type { HeadersOptions } from './headers/options.ts'
import { assertOptionsObject, check, optionNames } from './option-checks.ts'
import type { RateLimitOptions } from './rate-limit/options.ts'
import type { SecurityServerOptions } from './server-options.ts'
import type { ValidationOptions } from './validation/options.ts'

/**
 * Options of the security plugin. The members of `SecurityServerOptions` are only checked here: Fastify's constructor
 * applies them.
 */
export interface SecurityOptions extends SecurityServerOptions {
  /**
   * Security headers on every response. `false` turns them off.
   *
   * @defaultValue `{}`
   */
  headers?: HeadersOptions | false | undefined
  /**
   * Cross-origin resource sharing. Without it, no other origin may read responses.
   *
   * @defaultValue false
   */
  cors?: CorsOptions | false | undefined
  /**
   * Rate limits. `false` turns them off.
   *
   * @defaultValue `{}`
   */
  rateLimit?: RateLimitOptions | false | undefined
  /**
   * Request validation. `false` turns it off.
   *
   * @defaultValue `{}`
   */
  validation?: ValidationOptions | false | undefined
}

/** The options of each plugin, or `false` for a plugin that is off. */
export type ResolvedSecurity = {
  [Name in keyof typeof defaults]: NonNullable<SecurityOptions[Name]>
}

const defaults = { headers: {}, cors: false, rateLimit: {}, validation: {} } as const

const names = optionNames<SecurityOptions>({
  headers: true,
  cors: true,
  rateLimit: true,
  validation: true,
  trustProxy: true,
  bodyLimit: true,
  requestTimeout: true,
  headersTimeout: true,
  maxParamLength: true,
  http: true
})

/** Fills in the defaults and rejects invalid options. Each plugin checks its own options. */
export function resolveOptions(options: SecurityOptions): ResolvedSecurity {
  check.keys('', options, names)
  const { headers, cors, rateLimit, validation } = { ...defaults, ...omitUndefined(options) }
  const resolved = { headers, cors, rateLimit, validation } as ResolvedSecurity
  for (const [name, value] of Object.entries(resolved)) if (value !== false) assertOptionsObject(name, value)
  return resolved
}
