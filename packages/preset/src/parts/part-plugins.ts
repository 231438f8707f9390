import type { PartName } from './options.ts'

/** A plugin that does the same as a part, and the switch that leaves it to the app. */
export interface ReplacedPlugin {
  plugin: string
  /** The key inside the part's options. Without it, the plugin replaces the whole part. */
  key?: string
  /** Whether it is on only when its options are set. */
  optional?: true
}

/** The plugins that each part replaces. */
export const replacedPlugins: Record<PartName, readonly ReplacedPlugin[]> = {
  observability: [{ plugin: 'fastify-metrics', key: 'metrics' }],
  errors: [],
  shutdown: [{ plugin: 'fastify-graceful-shutdown' }],
  health: [],
  resilience: [],
  security: [
    { plugin: '@fastify/helmet', key: 'headers' },
    { plugin: '@fastify/cors', key: 'cors', optional: true },
    { plugin: '@fastify/rate-limit', key: 'rateLimit' }
  ],
  auth: [
    { plugin: '@fastify/jwt', key: 'jwt', optional: true },
    { plugin: '@fastify/secure-session', key: 'session', optional: true },
    { plugin: '@fastify/session', key: 'session', optional: true }
  ]
}

/** The decorators that each part adds to the app, its requests and replies. */
export const partDecorators: Record<PartName, readonly string[]> = {
  observability: ['observability'],
  errors: [],
  shutdown: ['shutdown', 'waitUntil'],
  health: ['health'],
  resilience: ['resilience', 'deadline', 'degraded'],
  security: ['security', 'rateLimit', 'createRateLimit', 'cspNonce', 'helmet'],
  auth: ['auth', 'authenticate', 'authorize', 'identity']
}
