export type { AuthOptions } from 'fastify-seaworthy/auth'
export type { ErrorsOptions } from '@seaworthy/errors'
export type { HealthOptions } from '@seaworthy/health'
export type { ObservabilityOptions } from '@seaworthy/observability'
export type { ResilienceOptions } from '@seaworthy/resilience'
export type { SecurityOptions } from '@seaworthy/security'
export type { ShutdownOptions } from '@seaworthy/shutdown'
export { Secret } from '@seaworthy/internal'
export { environmentExample } from './environment/example.ts'
export { fromEnv, type Config, type FromEnvOptions } from './environment/from-env.ts'
export { environmentSchema, type Environment } from './environment/schema.ts'
export type { EnvironmentOf, EnvironmentSchema, VariableSchema } from './environment/types.ts'
export type {
  ObservabilityPart,
  PartOptions,
  RedisConnection,
  RedisOption,
  SeaworthyOptions,
  SecurityPart
} from './parts/options.ts'
export type { OwnServerOptions } from './server-options/merge-app-options.ts'
export { seaworthy, seaworthy as default, type Seaworthy } from './plugin.ts'
export type { RedisClient } from './redis/redis-client.ts'
export type { PartReport, PartState, Report } from './parts/report.ts'
export { serverOptions, type ServerOptions, type ServerSettings } from './server-options/server-options.ts'
