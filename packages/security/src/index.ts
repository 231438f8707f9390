export { clientNetwork as normalizeIP, type RedisClient } from '@seaworthy/internal'
export { ConcurrencyLimitError } from './concurrency/errors.ts'
export type { ConcurrencyLimitOptions, ConcurrencyOptions, RouteConcurrency } from './concurrency/options.ts'
export { concurrencyLimit } from './concurrency/plugin.ts'
export type {
  CorsDelegator,
  CorsHook,
  CorsOptions,
  OriginFunction,
  OriginList,
  OriginRule,
  RouteCors
} from './cors/options.ts'
export { cors } from './cors/plugin.ts'
export type { CspNonce } from './headers/run-helmet.ts'
export type { HelmetHeaders } from './headers/helmet-types.ts'
export type { HeadersOptions, HelmetRouteOption, RouteHeadersOptions } from './headers/options.ts'
export { headers } from './headers/plugin.ts'
export type { Profile } from './headers/profiles.ts'
export type { RouteHeaders, RouteHelmet } from './headers/route-headers.ts'
export type { Mode } from './mode.ts'
export type { SecurityOptions } from './options.ts'
export { security, security as default } from './plugin.ts'
export type { MakeRateLimit, MakeRateLimitCheck, RateLimitResult } from './rate-limit/decorators.ts'
export { RateLimitError, RateLimitStoreError } from './rate-limit/errors.ts'
export type {
  LimitOptions,
  RateLimitContext,
  RateLimitHeader,
  RateLimitHook,
  StoreErrorPolicy
} from './rate-limit/limit-options.ts'
export type {
  NodeRedisClient,
  RateLimitOptions,
  RedisConnection,
  RouteLimitOptions,
  RouteRateLimit,
  UpstashClient
} from './rate-limit/options.ts'
export { rateLimit } from './rate-limit/plugin.ts'
export type { RateLimitStore, RateLimitStoreClass, StoreCallback } from './rate-limit/store-interface.ts'
export { SecurityError, type SecurityErrorCode, type SecurityErrorOptions } from './security-error.ts'
export {
  securityServerOptions,
  type SecurityServerOptions,
  type SecurityServerSettings
} from './server-options.ts'
export type { TrustsProxy } from './trusted-proxies.ts'
export type { LimitInfo, OpenBoundary, SecurityStatus } from './status.ts'
export type {
  Boundary,
  RouteValidation,
  RouteValidationOptions,
  UnsafePatterns,
  ValidationOptions
} from './validation/options.ts'
export { validation } from './validation/plugin.ts'
