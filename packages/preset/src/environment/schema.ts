import type { EnvironmentOf, EnvironmentSchema } from './types.ts'

const port = { type: 'integer', minimum: 0, maximum: 65_535 } as const

/**
 * Every variable that the preset reads. Types, checks, `.env.example` and the README's table all come from here.
 * Each may also be given as `NAME_FILE`, the path of a file that holds the value.
 */
export const environmentSchema = {
  properties: {
    NODE_ENV: {
      type: 'string',
      default: 'production',
      example: 'production',
      description:
        'The environment; `development` loosens cookies and delays, anything else is treated as production.'
    },
    HOST: {
      type: 'string',
      default: '127.0.0.1',
      example: '0.0.0.0',
      description: 'Address to listen on. Containers need `0.0.0.0`.'
    },
    PORT: { ...port, default: 3000, description: 'Port to listen on. 0 takes a free one.' },
    LOG_LEVEL: {
      type: 'string',
      enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      default: 'info',
      description: 'The lowest level that is written.'
    },
    SLOW_THRESHOLD: {
      type: 'integer',
      minimum: 1,
      description: 'Milliseconds from which a request is slow.'
    },
    TRUST_PROXY: {
      type: 'string',
      example: '10.0.0.0/8',
      description:
        'Addresses and CIDR ranges of the proxies in front, separated by commas. Without it nobody is trusted.'
    },
    CORS_ORIGIN: {
      type: 'string',
      example: 'https://app.example.com',
      description: 'Origins that browsers may call from, separated by commas.'
    },
    RATE_LIMIT_MAX: { type: 'integer', minimum: 1, description: 'Requests per address and window.' },
    RATE_LIMIT_WINDOW: {
      type: 'string',
      example: '1 minute',
      description: 'The window: `30 seconds`, `1 minute`, or milliseconds.'
    },
    REDIS_URL: {
      type: 'string',
      secret: true,
      pattern: '^rediss?://',
      rule: 'an address: redis://user:password@host:6379/0, or rediss:// for TLS',
      description:
        'Redis or Valkey for state that processes share: `redis://user:password@host:6379/0`, `rediss://` for TLS. Or, in parts:'
    },
    REDIS_HOST: {
      type: 'string',
      example: 'redis.example.com',
      description: 'Its host.'
    },
    REDIS_PORT: { ...port, minimum: 1, default: 6379, description: 'Its port.' },
    REDIS_USERNAME: { type: 'string', description: 'Its user.' },
    REDIS_PASSWORD: { type: 'string', secret: true, description: 'Its password.' },
    REDIS_TLS: { type: 'boolean', default: false, description: 'Whether to speak TLS with it.' },
    JWT_SECRET: {
      type: 'string',
      secret: true,
      minLength: 32,
      description:
        'Signs and verifies tokens: at least 32 random bytes, `openssl rand -base64 48`. Without it there are no tokens.'
    },
    JWT_ISSUER: {
      type: 'string',
      example: 'https://api.example.com',
      description: 'Who issues the tokens (`iss`).'
    },
    JWT_AUDIENCE: {
      type: 'string',
      example: 'https://api.example.com',
      description: 'Whom the tokens are for (`aud`).'
    },
    SESSION_SECRET: {
      type: 'string',
      secret: true,
      minLength: 32,
      description:
        'Seals session cookies: 32 random bytes in base64 or hex (`openssl rand -base64 32`), or, with `SESSION_SALT`, a passphrase.'
    },
    SESSION_SALT: {
      type: 'string',
      secret: true,
      minLength: 16,
      description:
        'Exactly 16 characters: derives the key from a passphrase, at the cost of seconds at start. A 32-byte key needs none.'
    },
    SENTRY_DSN: {
      type: 'string',
      secret: true,
      pattern: '^https?://',
      rule: 'a URL',
      description: 'Where errors are sent.'
    },
    SENTRY_TRACES_SAMPLE_RATE: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      description: 'The share of requests that are traced.'
    },
    MANAGEMENT_PORT: {
      ...port,
      description: "Port of the operators' listener. Without it metrics stay on the app's port."
    },
    MANAGEMENT_HOST: {
      type: 'string',
      default: '127.0.0.1',
      description: "Address of the operators' listener."
    },
    MANAGEMENT_TOKEN: {
      type: 'string',
      secret: true,
      minLength: 16,
      description: "Bearer token of the operators' listener."
    },
    MANAGEMENT_ALLOW: {
      type: 'string',
      example: '10.0.0.0/8',
      description: "Who may reach the operators' listener: addresses and CIDR ranges, separated by commas."
    },
    DRAIN_DELAY: {
      type: 'integer',
      minimum: 0,
      description: 'Milliseconds to go on serving after a signal, at least.'
    },
    SHUTDOWN_TIMEOUT: {
      type: 'integer',
      minimum: 0,
      description: 'Milliseconds that requests in flight have.'
    },
    SEAWORTHY_OFF: {
      type: 'string',
      example: 'security.cors,auth',
      description: 'Parts to leave out, separated by commas: `auth`, `security.rateLimit`.'
    }
  },
  required: []
} as const satisfies EnvironmentSchema

/** The preset's variables, checked and typed. */
export type Environment = EnvironmentOf<typeof environmentSchema>
