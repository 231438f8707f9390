import { port } from './server-variables.ts'
import type { EnvironmentSchema } from './types.ts'

/** The variables of shared state, credentials, operators and the shutdown. */
export const operationVariables = {
  REDIS_URL: {
    type: 'string',
    secret: true,
    pattern: '^rediss?://',
    rule: 'an address: redis://user:password@host:6379/0, or rediss:// for TLS',
    description:
      'Redis or Valkey for state that processes share: `redis://user:password@host:6379/0`, `rediss://` for TLS. Alternatively, set the variables for its parts; a user, a password or TLS that the address lacks is taken from them too.'
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
    description: "Addresses and CIDR ranges that may connect to the operators' listener, separated by commas."
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
    description: "Whether the operators' page lists the last failed and slow requests, as it does by default."
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
    unit: 'milliseconds',
    minimum: 0,
    maximum: 600_000,
    description: 'Milliseconds that the service continues to serve after a signal, at least.'
  },
  SHUTDOWN_TIMEOUT: {
    type: 'integer',
    unit: 'milliseconds',
    minimum: 0,
    maximum: 3_600_000,
    description: 'Milliseconds that requests in flight have after that.'
  },
  GRACE_PERIOD: {
    type: 'integer',
    unit: 'milliseconds',
    minimum: 1,
    maximum: 3_600_000,
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
} as const satisfies EnvironmentSchema['properties']
