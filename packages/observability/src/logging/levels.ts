/** A level of pino. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export const levelNames = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
