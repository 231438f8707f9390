import type { EnvironmentSchema } from 'fastify-seaworthy'

/** The service's own variables; the preset's come with it. */
export const environment = {
  properties: {
    DB_HOST: {
      type: 'string',
      example: 'postgres.example.com',
      description: 'PostgreSQL. Without it an embedded one is used, in memory.'
    },
    DB_PORT: { type: 'integer', minimum: 1, maximum: 65_535, default: 5432, description: 'Its port.' },
    DB_NAME: { type: 'string', default: 'postgres', description: 'Its database.' },
    DB_USER: { type: 'string', default: 'postgres', description: 'Its user.' },
    DB_PASSWORD: { type: 'string', secret: true, description: 'Its password.' },
    DB_POOL_MIN: { type: 'integer', minimum: 0, default: 2, description: 'Connections kept open.' },
    DB_POOL_MAX: { type: 'integer', minimum: 1, default: 10, description: 'Connections at most.' },
    RECOMMENDATIONS_URL: {
      type: 'string',
      pattern: '^https?://',
      rule: 'a URL',
      example: 'https://recommendations.example.com',
      description: 'The recommendations service. Without it a stand-in answers.'
    },
    DIRECTORY_URL: {
      type: 'string',
      pattern: '^https?://',
      rule: 'a URL',
      example: 'https://directory.example.com',
      description: 'The company directory, an external API. Without it a stand-in answers.'
    },
    PUBLIC_URL: {
      type: 'string',
      pattern: '^https?://',
      rule: 'a URL',
      example: 'https://api.example.com',
      description: 'Where browsers reach the service: identity providers send them back there.'
    },
    OIDC_ISSUER: {
      type: 'string',
      pattern: '^https?://',
      rule: 'a URL',
      example: 'https://accounts.google.com',
      description: 'An OpenID Connect provider to log in with.'
    },
    OIDC_CLIENT_ID: {
      type: 'string',
      description: 'The client id that the provider has given to this service.'
    },
    OIDC_CLIENT_SECRET: {
      type: 'string',
      secret: true,
      description: 'The client secret that the provider has given to this service.'
    },
    ADMIN_EMAIL: {
      type: 'string',
      default: 'admin@example.com',
      description: 'The first administrator, made at start when absent.'
    },
    ADMIN_PASSWORD: {
      type: 'string',
      secret: true,
      minLength: 12,
      description: 'Their password. Without it a real database gets no administrator.'
    }
  },
  required: ['JWT_SECRET']
} as const satisfies EnvironmentSchema
