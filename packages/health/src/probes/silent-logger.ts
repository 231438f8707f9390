import type { FastifyBaseLogger } from 'fastify'

const noop = (): void => undefined

/** A logger that logs nothing, for the requests of probes. */
export const silentLogger: FastifyBaseLogger = {
  level: 'silent',
  fatal: noop,
  error: noop,
  warn: noop,
  info: noop,
  debug: noop,
  trace: noop,
  silent: noop,
  child: () => silentLogger
}
