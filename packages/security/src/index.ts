export { SecurityError } from './security-error.ts'
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
export type { LimitInfo, OpenBoundary, SecurityStatus } from './status.ts'
export type {
  HeadersOptions,
  HelmetHeaders,
  HelmetRouteOption,
  RouteHeadersOptions
} from './headers/options.ts'
export { headers, type RouteHeaders, type RouteHelmet } from './headers/plugin.ts'
export type { CspNonce } from './headers/prepare.ts'
export type { Profile } from './headers/profiles.ts'
export type { SecurityOptions } from './options.ts'
export { security, security as default } from './plugin.ts'
export { clientNetwork as normalizeIP } from '@seaworthy/internal'
export type { MakeRateLimit, MakeRateLimitCheck, RateLimitResult } from './rate-limit/decorators.ts'
export { RateLimitError, RateLimitStoreError } from './rate-limit/errors.ts'
export type {
  LimitOptions,
  RateLimitContext,
  RateLimitHook,
  RateLimitOptions,
  RouteLimitOptions,
  RouteRateLimit,
  StoreErrorPolicy
} from './rate-limit/options.ts'
export { rateLimit } from './rate-limit/plugin.ts'
export type { RedisClient, RedisConnection } from './rate-limit/redis-store.ts'
export {
  securityServerOptions,
  type SecurityServerOptions,
  type SecurityServerSettings
} from './server-options.ts'
export type { Boundary, ValidationOptions } from './validation/options.ts'
export { validation } from './validation/plugin.ts'
