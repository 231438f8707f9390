import type { EnvironmentSchema } from './types.ts'

/** The rule of every variable that is a TCP port. */
export const port = { type: 'integer', minimum: 0, maximum: 65_535 } as const

/** The variables of the server, its log, and the requests that it takes. */
export const serverVariables = {
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
    unit: 'milliseconds',
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
    unit: 'milliseconds',
    minimum: 10,
    maximum: 10_000,
    description:
      'Milliseconds after which a block is written at the latest with `LOG_BUFFER`. By default 100.'
  },
  BLOCKED_LOOP_THRESHOLD: {
    type: 'integer',
    unit: 'milliseconds',
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
  }
} as const satisfies EnvironmentSchema['properties']
