import type { FastifyInstance } from 'fastify'

// Fastify's stand-in for a logger does nothing, with one function for all levels.
export const hasLogger = ({ log }: FastifyInstance): boolean => log.info !== log.error
