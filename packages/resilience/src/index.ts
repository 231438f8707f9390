export type { Breaker, BreakerSnapshot, Detailed, Switch } from './breaker-types.ts'
export type { CallContext } from './call.ts'
export type { CircuitState } from './circuit.ts'
export type { Clock } from './clock.ts'
export type { RequestDeadline } from './deadline.ts'
export {
  BreakerOpenError,
  BulkheadFullError,
  CallCanceledError,
  CallTimeoutError,
  ClosedError,
  DeadlineError,
  type FailureKind,
  OverloadedError,
  PathError,
  ResilienceError,
  UpstreamError
} from './errors.ts'
export type { Fault } from './faults.ts'
export { type FetchOptions, ResponseError } from './fetch.ts'
export type { Guardable, GuardedArgs, GuardedResult } from './guardable.ts'
export type { CallOutcome } from './instruments.ts'
export type { Fallback, FallbackContext } from './layers/degrade.ts'
export type { LastGoodOptions } from './layers/last-good.ts'
export type { BreakerOptions } from './options-breaker.ts'
export type { BulkheadOptions } from './options-bulkhead.ts'
export type { CircuitOptions } from './options-circuit.ts'
export type { DeadlineOptions } from './options-deadline.ts'
export type { Outcome, PolicyOptions } from './options-policy.ts'
export type { HedgeOptions, RetryOptions } from './options-retry.ts'
export type { SheddingOptions } from './options-shedding.ts'
export type { ResilienceOptions } from './options.ts'
export { resilience, resilience as default } from './plugin.ts'
export type { Resilience } from './registry.ts'
export type { Priority } from './shedding/level.ts'
export { path, type UrlParts } from './url.ts'
