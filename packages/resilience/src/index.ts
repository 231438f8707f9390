export type { AdoptedBreaker } from './adopt/adopted-breaker.ts'
export type { OpossumBreaker } from './adopt/opossum-breaker.ts'
export type { AdoptOptions } from './adopt/options.ts'
export type { CircuitOptions } from './circuit/circuit-options.ts'
export type { Fault } from './breaker/faults.ts'
export type { CallOutcome } from './breaker/metrics.ts'
export type { BreakerOptions } from './breaker/options.ts'
export type { PolicyOptions } from './breaker/policy-options.ts'
export type {
  BreakerStateChange,
  CircuitState,
  StateChangeListener,
  StateChangeReason
} from './circuit/state-changes.ts'
export type { Breaker, BreakerSnapshot, Detailed, Switch } from './breaker/types.ts'
export type { CallContext } from './call/call.ts'
export type { Guardable, GuardedArgs, GuardedResult } from './call/guardable.ts'
export type { Outcome } from './call/outcome.ts'
export type { Clock } from './clock.ts'
export type { RequestDeadline } from './deadline/deadline.ts'
export type { DeadlineOptions } from './deadline/options.ts'
export {
  BreakerOpenError,
  BulkheadFullError,
  CallCanceledError,
  CallTimeoutError,
  ClosedError,
  DeadlineError,
  OverloadedError,
  UpstreamError,
  UpstreamLimitedError
} from './errors/call-errors.ts'
export { AddressError, CallbackError, PathError } from './errors/input-errors.ts'
export { type FailureKind, ResilienceError, type ResilienceErrorCode } from './errors/resilience-error.ts'
export type { FetchOptions } from './fetch/fetch.ts'
export { ResponseError } from './fetch/response-error.ts'
export { path, type UrlParts } from './fetch/url.ts'
export type { ResilienceOptions } from './options.ts'
export { resilience, resilience as default } from './plugin.ts'
export type { Resilience } from './registry.ts'
export type { ConcurrencyOptions, SheddingOptions } from './shedding/options.ts'
export type { Priority } from './shedding/priority.ts'
export type { BulkheadOptions } from './strategies/bulkhead-options.ts'
export type { Fallback, FallbackContext } from './strategies/fallback.ts'
export type { LastGoodOptions } from './strategies/last-good.ts'
export type { HedgeOptions, RetryOptions } from './strategies/retry-options.ts'
