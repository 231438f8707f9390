import type { FastifyInstance } from 'fastify'

/** Whether the app logs: Fastify's stand-in for a logger does nothing, with one function for all levels. */
export const hasLogger = ({ log }: FastifyInstance): boolean => log.info !== log.error
