import type { EnvironmentOf, EnvironmentSchema } from './types.ts'

const port = { type: 'integer', minimum: 0, maximum: 65_535 } as const

/**
 * Every variable that the preset reads. Types, checks, `.env.example` and the documents' table all come from here.
 * Each may also be set as `NAME_FILE`, the path of a file with the value.
 *
 * @example
 * for (const [name, { description }] of Object.entries(environmentSchema.properties)) console.log(name, description)
 */
export const environmentSchema = {
  properties: {
    NODE_ENV: {
      type: 'string',
      default: 'production',
      example: 'production',
      description:
        'The environment. `development` allows cookies without https and drops delays; any other value means production.'
    },
    HOST: {
      type: 'string',
      default: '127.0.0.1',
      example: '0.0.0.0',
      description: 'Address to listen on. Containers need `0.0.0.0`.'
    },
    PORT: { ...port, default: 3000, description: 'Port to listen on. 0 takes a free one.' },
    TLS_CERT_FILE: {
      type: 'string',
      example: '/etc/tls/tls.crt',
      description:
        'File with the TLS certificate of the server in PEM, and those of the authorities between it and the root. Without it the server has no TLS.'
    },
    TLS_KEY_FILE: {
      type: 'string',
      example: '/etc/tls/tls.key',
      description:
        'File with the private key of the certificate. New contents of both are used without a restart.'
    },
    LOG_LEVEL: {
      type: 'string',
      enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      default: 'info',
      description: 'The lowest level that is logged.'
    },
    SLOW_THRESHOLD: {
      type: 'integer',
      minimum: 1,
      description: 'Milliseconds from which a request is logged as slow.'
    },
    LOG_DETAILS: {
      type: 'boolean',
      description:
        'Whether lines below `LOG_LEVEL` are kept for each request, and written if it fails, is slow or is traced.'
    },
    LOG_DETAILS_LEVEL: {
      type: 'string',
      enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
      description: 'The lowest level that is kept with `LOG_DETAILS`. By default `debug`.'
    },
    LOG_DETAILS_MAX_BYTES: {
      type: 'integer',
      minimum: 1024,
      maximum: 16_777_216,
      description: 'Bytes of lines that one request keeps with `LOG_DETAILS`. By default 65536.'
    },
    LOG_BUFFER: {
      type: 'boolean',
      description:
        'Whether lines are written in blocks. A process that is killed loses those of the last 100 ms.'
    },
    LOG_BUFFER_BYTES: {
      type: 'integer',
      minimum: 256,
      maximum: 16_000,
      description: 'Bytes after which a block is written with `LOG_BUFFER`. By default 8192.'
    },
    LOG_BUFFER_INTERVAL: {
      type: 'integer',
      minimum: 10,
      maximum: 10_000,
      description:
        'Milliseconds after which a block is written at the latest with `LOG_BUFFER`. By default 100.'
    },
    BLOCKED_LOOP_THRESHOLD: {
      type: 'integer',
      minimum: 20,
      maximum: 60_000,
      description:
        'Milliseconds from which a turn of the event loop is logged, with its route and stack. Without it there is no watch.'
    },
    TRUST_PROXY: {
      type: 'string',
      example: '10.0.0.0/8',
      description:
        'Addresses and CIDR ranges of the proxies in front, separated by commas. Without it no proxy is trusted.'
    },
    CORS_ORIGIN: {
      type: 'string',
      example: 'https://app.example.com',
      description: 'Origins from which browsers may send requests, separated by commas.'
    },
    RATE_LIMIT_MAX: {
      type: 'integer',
      minimum: 1,
      description: 'Requests that one address may send in each window.'
    },
    RATE_LIMIT_WINDOW: {
      type: 'string',
      example: '1 minute',
      description: 'The window of the rate limit: `30 seconds`, `1 minute`, or a number of milliseconds.'
    },
    REDIS_URL: {
      type: 'string',
      secret: true,
      pattern: '^rediss?://',
      rule: 'an address: redis://user:password@host:6379/0, or rediss:// for TLS',
      description:
        'Redis or Valkey for state that processes share: `redis://user:password@host:6379/0`, `rediss://` for TLS. Alternatively, set the variables for its parts:'
    },
    REDIS_HOST: {
      type: 'string',
      example: 'redis.example.com',
      description: 'Host of Redis.'
    },
    REDIS_PORT: { ...port, minimum: 1, default: 6379, description: 'Port of Redis.' },
    REDIS_USERNAME: { type: 'string', description: 'User of Redis.' },
    REDIS_PASSWORD: { type: 'string', secret: true, description: 'Password of Redis.' },
    REDIS_TLS: { type: 'boolean', default: false, description: 'Whether the connection to Redis uses TLS.' },
    JWT_SECRET: {
      type: 'string',
      secret: true,
      minLength: 32,
      description:
        'Signs and verifies tokens: at least 32 random bytes, `openssl rand -base64 48`. Without it tokens are off.'
    },
    JWT_ISSUER: {
      type: 'string',
      example: 'https://api.example.com',
      description: 'Issuer of the tokens (`iss`).'
    },
    JWT_AUDIENCE: {
      type: 'string',
      example: 'https://api.example.com',
      description: 'Audience of the tokens (`aud`).'
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
        'Exactly 16 characters: derives the key from a passphrase, which takes seconds at start. A 32-byte key needs none.'
    },
    SENTRY_DSN: {
      type: 'string',
      secret: true,
      pattern: '^https?://',
      rule: 'a URL',
      description: 'The Sentry project that errors are sent to.'
    },
    SENTRY_TRACES_SAMPLE_RATE: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      description: 'The share of requests that are traced.'
    },
    MANAGEMENT_PORT: {
      ...port,
      example: '9464',
      description: "Port of the operators' listener. Without it metrics are served on the app's port."
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
      description:
        "Addresses and CIDR ranges that may connect to the operators' listener, separated by commas."
    },
    MANAGEMENT_HOSTS: {
      type: 'string',
      example: 'ops.example.com',
      description:
        "Further names of the operators' listener in addresses, separated by commas; needed without a token alone."
    },
    MANAGEMENT_READ_ONLY: {
      type: 'boolean',
      description: "Whether the operators' listener only shows: requests that would change something get 403."
    },
    MANAGEMENT_ALLOW_SHUTDOWN: {
      type: 'boolean',
      description: 'Whether operators may begin the shutdown of the service.'
    },
    MANAGEMENT_RECENT_REQUESTS: {
      type: 'boolean',
      description:
        "Whether the operators' page lists the last failed and slow requests, as it does by default."
    },
    METRICS_TOKEN: {
      type: 'string',
      secret: true,
      minLength: 16,
      description: "Bearer token of `/metrics` on the app's port."
    },
    METRICS_ALLOW: {
      type: 'string',
      example: '10.0.0.0/8',
      description:
        "Addresses and CIDR ranges that may scrape `/metrics` on the app's port, separated by commas."
    },
    DRAIN_DELAY: {
      type: 'integer',
      minimum: 0,
      description: 'Milliseconds that the service continues to serve after a signal, at least.'
    },
    SHUTDOWN_TIMEOUT: {
      type: 'integer',
      minimum: 0,
      description: 'Milliseconds that requests in flight have after that.'
    },
    GRACE_PERIOD: {
      type: 'integer',
      minimum: 1,
      description:
        'Milliseconds after which the platform kills the process, without those of a `preStop` hook. Known platforms are recognised.'
    },
    OTEL_SERVICE_NAME: {
      type: 'string',
      example: 'orders',
      description:
        "Name of the service, in metrics and in the keys of Redis; by default the name in the app's `package.json`."
    },
    SERVICE_VERSION: {
      type: 'string',
      description: "Version of the service, in metrics; by default the version in the app's `package.json`."
    },
    SEAWORTHY_ADOPT: {
      type: 'boolean',
      description:
        'Adoption mode: parts that reject or change something only log it, while an app is being converted.'
    },
    SEAWORTHY_OFF: {
      type: 'string',
      example: 'security.cors,auth',
      description: 'Parts to switch off, separated by commas: `auth`, `security.rateLimit`.'
    }
  },
  required: []
} as const satisfies EnvironmentSchema

/**
 * The preset's variables, checked and typed.
 *
 * @example
 * const level = (env: Environment) => env.LOG_LEVEL
 * console.log(level(fromEnv().env))
 */
export type Environment = EnvironmentOf<typeof environmentSchema>
