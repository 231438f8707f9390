export { breakerCheck, type BreakerLike, type Breakers } from './built-in/breaker.ts'
export { httpCheck, type HttpCheckOptions } from './built-in/http.ts'
export { postgresCheck, type PostgresCheckOptions, type PostgresLike } from './built-in/postgres.ts'
export { redisCheck, type RedisLike } from './built-in/redis.ts'
export {
  diskCheck,
  eventLoopCheck,
  memoryCheck,
  type DiskCheckOptions,
  type EventLoopCheckOptions,
  type MemoryCheckOptions
} from './built-in/resources.ts'
export type {
  CheckDefinition,
  CheckFunction,
  CheckOptions,
  CheckOutcome,
  CheckResult
} from './checks/options.ts'
export type { Transition } from './events/health-event-log.ts'
export type { Health } from './operators/health-api.ts'
export type { CheckReport, HealthReport } from './operators/health-report.ts'
export type { HealthOptions } from './options.ts'
export { health, health as default } from './plugin.ts'
export type { ReadyStatus } from './readiness/evaluate-readiness.ts'
export type { Maintenance, MaintenanceOptions, NotReadyReason } from './readiness/readiness-gates.ts'
export type { BrokenOptions } from './readiness/liveness.ts'
export type { StartupTask, StartupTaskDefinition, StartupTaskOptions } from './readiness/startup-options.ts'
