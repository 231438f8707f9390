/** Loads packages when they are needed. */
export declare const load: {
  observability(): typeof import('@seaworthy/observability')
  errors(): typeof import('@seaworthy/errors')
  shutdown(): typeof import('@seaworthy/shutdown')
  health(): typeof import('@seaworthy/health')
  resilience(): typeof import('@seaworthy/resilience')
  security(): typeof import('@seaworthy/security')
  auth(): typeof import('@seaworthy/auth')
  envSchema(): typeof import('env-schema')
  ioredis(): typeof import('ioredis')
  fastifyVersion(): string | undefined
}
