import { omitUndefined, optionNames } from '@seaworthy/internal'
import type { ConcurrencyOptions } from './concurrency/options.ts'
import type { CorsOptions } from './cors/options.ts'
import type { HeadersOptions } from './headers/options.ts'
import { modes, type Mode } from './mode.ts'
import { check } from './option-checks.ts'
import type { RateLimitOptions } from './rate-limit/options.ts'
import type { SecurityServerOptions } from './server-options.ts'
import type { ValidationOptions } from './validation/options.ts'

/**
 * Options of the security plugin. The members of `SecurityServerOptions` are only checked here: Fastify's constructor
 * applies them.
 *
 * @example
 * const options: SecurityOptions = { cors: { origin: ['https://app.example.com'] }, rateLimit: { max: 300 } }
 * const app = Fastify(securityServerOptions(options))
 * await app.register(security, options)
 */
export interface SecurityOptions extends SecurityServerOptions {
  /**
   * Whether headers, rate limits and validation take effect, or only report what they would reject: `'observe'` lets all
   * requests pass and logs those that `'enforce'` would not, for an app that is being converted. The `mode` of a part
   * overrides it. CORS has no mode, as it is off unless it is configured.
   *
   * @defaultValue 'enforce'
   */
  mode?: Mode | undefined
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
   * How many requests of one user, address or tenant run at the same time.
   *
   * @defaultValue false
   */
  concurrency?: ConcurrencyOptions | false | undefined
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

const defaults = { headers: {}, cors: false, rateLimit: {}, concurrency: false, validation: {} } as const

const names = optionNames<SecurityOptions>({
  mode: true,
  headers: true,
  cors: true,
  rateLimit: true,
  concurrency: true,
  validation: true,
  trustProxy: true,
  bodyLimit: true,
  requestTimeout: true,
  headersTimeout: true,
  maxParamLength: true,
  http: true
})

/** Options of the official plugins at the top, and their places here. */
const renamed = {
  helmet: 'headers',
  contentSecurityPolicy: 'headers.contentSecurityPolicy',
  hsts: 'headers.hsts',
  origin: 'cors.origin',
  credentials: 'cors.credentials',
  max: 'rateLimit.max',
  timeWindow: 'rateLimit.timeWindow'
}

/** Fills in the defaults and rejects invalid options. Each plugin checks its own options. */
export function resolveOptions(options: SecurityOptions): ResolvedSecurity {
  check.keys('', options, names, renamed)
  const { headers, cors, rateLimit, concurrency, validation, mode } = {
    ...defaults,
    ...omitUndefined(options)
  }
  const resolved = { headers, cors, rateLimit, concurrency, validation } as ResolvedSecurity
  for (const [name, value] of Object.entries(resolved))
    if (value !== false) check.object(name, value, 'an object or false')
  if (mode === undefined) return resolved
  check.oneOf('mode', mode, modes)
  const withMode = <T extends object>(pluginOptions: T | false) =>
    pluginOptions && { mode, ...omitUndefined(pluginOptions) }
  return {
    headers: withMode(resolved.headers),
    cors: resolved.cors,
    rateLimit: withMode(resolved.rateLimit),
    concurrency: withMode(resolved.concurrency),
    validation: withMode(resolved.validation)
  }
}
