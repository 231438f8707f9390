import type { FastifyInstance } from 'fastify'

/**
 * Whether the app closes while its server serves on: `@fastify/restartable` gives the server to the next app, and says by
 * this decorator whether that ends too.
 */
export const keepsServer = (fastify: FastifyInstance): boolean =>
  fastify.hasDecorator('closingRestartable') && !fastify.getDecorator<boolean>('closingRestartable')
