import type { FastifyBaseLogger } from 'fastify'
import { check } from '../check.ts'
import { errSerializer } from './bounded-json.ts'
import type { LogLevel } from './options.ts'
import { scrubPath } from './scrub-path.ts'

/** What an app may set of its logger. */
export interface LoggerOptions {
  level?: LogLevel | 'silent' | undefined
  logger?: Record<string, unknown> | false | undefined
  loggerInstance?: FastifyBaseLogger | undefined
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** The settings by which Fastify makes a pino: those of the schema, then the app's. `false` where nothing is logged. */
export function loggerSettings(
  { logger = {}, level }: LoggerOptions,
  schemaSettings: Record<string, unknown>
): Record<string, unknown> | false {
  if (logger === false) return false
  const lowest = check.oneOf('level', level ?? (process.env.LOG_LEVEL || 'info'), levels)
  const serializers = { ...safeSerializers, ...(logger.serializers as object | undefined) }
  return { ...schemaSettings, level: lowest, ...logger, serializers }
}

/** The app's logger. Fastify takes no settings beside one, and they would change nothing. */
export function checkedLogger(
  { logger, level }: LoggerOptions,
  loggerInstance: FastifyBaseLogger
): FastifyBaseLogger {
  if (typeof (loggerInstance as { child?: unknown } | null)?.child !== 'function')
    check.fail('loggerInstance', 'a logger as pino makes it', loggerInstance)
  for (const [name, value] of Object.entries({ logger, level })) {
    if (value !== undefined) check.fail(name, 'left out where there is a "loggerInstance"', value)
  }
  return loggerInstance
}

/** For what apps log: `log.info({ req })`, `log.error({ err })`. No headers, no query, no address. */
const safeSerializers = {
  err: errSerializer,
  req: ({ method, url }: { method?: string; url?: string }) => ({ method, url: scrubPath(url ?? '') }),
  res: ({ statusCode }: { statusCode?: number }) => ({ statusCode })
}
