export type { CheckReport, Health, HealthReport } from './api.ts'
export type { CheckDefinition, CheckFunction, CheckOptions, CheckOutcome, Finding } from './check-options.ts'
export { breakerCheck, type BreakerLike, type Breakers } from './checks/breaker.ts'
export { httpCheck, type HttpCheckOptions } from './checks/http.ts'
export { postgresCheck, type PostgresCheckOptions, type PostgresLike } from './checks/postgres.ts'
export { redisCheck, type RedisLike } from './checks/redis.ts'
export {
  diskCheck,
  eventLoopCheck,
  memoryCheck,
  type DiskCheckOptions,
  type EventLoopCheckOptions,
  type MemoryCheckOptions
} from './checks/resources.ts'
export type { Transition } from './events.ts'
export type { Maintenance, NotReadyReason, StartupTask } from './gates.ts'
export type { HealthOptions } from './options.ts'
export { health, health as default } from './plugin.ts'
export type { ReadyStatus } from './verdict.ts'
