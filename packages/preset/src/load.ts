import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

// Loaded when they are needed and not before: a part that is off costs neither time nor memory.
// The types are imported, so nothing is lost to the editor.
export const load = {
  observability: () => require('@seaworthy/observability') as typeof import('@seaworthy/observability'),
  errors: () => require('@seaworthy/errors') as typeof import('@seaworthy/errors'),
  shutdown: () => require('@seaworthy/shutdown') as typeof import('@seaworthy/shutdown'),
  health: () => require('@seaworthy/health') as typeof import('@seaworthy/health'),
  resilience: () => require('@seaworthy/resilience') as typeof import('@seaworthy/resilience'),
  security: () => require('@seaworthy/security') as typeof import('@seaworthy/security'),
  auth: () => require('@seaworthy/auth') as typeof import('@seaworthy/auth'),
  envSchema: () => require('env-schema') as typeof import('env-schema'),
  ioredis: () => require('ioredis') as typeof import('ioredis')
}
