import type { FastifyInstance } from 'fastify'

/**
 * Whether the app logs: Fastify's stand-in for a logger does nothing, with one function for all levels. So does a pino that
 * is silent, or takes only fatal lines; but its level may change.
 */
export const hasLogger = ({ log }: FastifyInstance): boolean => log.info !== log.error || 'levels' in log
