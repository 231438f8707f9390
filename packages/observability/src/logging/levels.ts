/**
 * A level of pino.
 *
 * @example
 * const level: LogLevel = 'debug'
 * const app = Fastify({ ...observabilityServerOptions({ level }) })
 */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export const levelNames = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
