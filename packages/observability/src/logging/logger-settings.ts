import type { FastifyBaseLogger } from 'fastify'
import { check } from '../check.ts'
import { errSerializer } from './bounded-json.ts'
import type { ResolvedBuffer } from './buffer-options.ts'
import { bufferedOutput } from './buffered-output.ts'
import type { LogLevel } from './levels.ts'
import { errorFormatter, errorRenamer, safeFields, safeLogMethod } from './app-lines.ts'
import type { Schema } from './schemas.ts'
import { scrubPath } from './scrub-path.ts'

/** The settings of a logger that an app may choose. */
export interface LoggerOptions {
  level?: LogLevel | 'silent' | undefined
  logger?: Record<string, unknown> | false | undefined
  loggerInstance?: FastifyBaseLogger | undefined
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** The settings by which Fastify makes a pino: those of the schema, then the app's. `false` where nothing is logged. */
export function loggerSettings(
  { logger = {}, level }: LoggerOptions,
  schema: Schema,
  buffer: ResolvedBuffer | undefined
): Record<string, unknown> | false {
  const { pino, error } = schema
  if (logger === false) return false
  const lowest = check.oneOf('level', level ?? levelOfEnvironment(), levels)
  const errorKey = errorKeyOf(logger)
  if (error !== undefined && logger.nestedKey !== undefined) {
    const rule = 'left out beside "logging.schema", whose fields have their places in a line'
    check.fail('logger.nestedKey', rule, logger.nestedKey)
  }
  const serializers = {
    ...safeSerializers,
    [errorKey]: errSerializer,
    ...(logger.serializers as object | undefined)
  }
  const log = logFormatter(schema, errorKey)
  const settings = {
    ...pino,
    level: lowest,
    ...logger,
    ...outputOf(logger, buffer),
    serializers,
    ...safeMixin(logger),
    formatters: { ...(pino.formatters as object), ...log, ...(logger.formatters as object | undefined) },
    hooks: { logMethod: safeLogMethod, ...(logger.hooks as object | undefined) }
  }
  return hasTargets(logger) ? withoutLevelFormatter(settings) : settings
}

const levelOfEnvironment = (): string => process.env.LOG_LEVEL?.trim().toLowerCase() || 'info'

/** The fields that the app's `mixin` adds to each line, without secrets. */
function safeMixin({ mixin }: Record<string, unknown>): object {
  if (typeof mixin !== 'function') return {}
  const make = mixin as (...args: unknown[]) => object
  return {
    mixin(...args: unknown[]) {
      const fields: unknown = make.apply(this, args)
      return typeof fields === 'object' && fields !== null ? safeFields(fields) : fields
    }
  }
}

function outputOf(logger: Record<string, unknown>, buffer: ResolvedBuffer | undefined): object {
  if (buffer === undefined) return {}
  for (const name of ['stream', 'transport', 'file']) {
    if (logger[name] !== undefined) failBuffer(`"logger.${name}"`)
  }
  return { stream: bufferedOutput(buffer) }
}

const failBuffer = (other: string): never =>
  check.fail('logging.buffer', `left out beside ${other}, which writes the lines`, {})

function errorKeyOf({ errorKey = 'err' }: Record<string, unknown>): string {
  check.string('logger.errorKey', errorKey)
  return errorKey as string
}

function logFormatter({ error, fieldName }: Schema, errorKey: string): object {
  if (error !== undefined) return { log: errorFormatter(error, errorKey, fieldName) }
  return errorKey === 'err' ? {} : { log: errorRenamer(errorKey) }
}

const hasTargets = ({ transport }: Record<string, unknown>): boolean =>
  Array.isArray((transport as { targets?: unknown } | undefined)?.targets)

interface Settings {
  formatters: {
    level?: (label: string, value: number) => object
    log?: (line: Record<string, unknown>) => object
  }
  mixin?: (...args: unknown[]) => object
  [setting: string]: unknown
}

/** pino sorts the lines for several targets by their numeric level: the schema's level is a field beside it. */
function withoutLevelFormatter({ formatters, mixin, ...others }: Settings): Settings {
  const { level, ...kept } = formatters
  if (level === undefined) return { ...others, formatters, ...(mixin === undefined ? {} : { mixin }) }
  return {
    ...others,
    formatters: kept,
    mixin: (object, value, logger) => {
      const { labels } = (logger as { levels: { labels: Record<number, string> } }).levels
      return {
        ...level(labels[value as number] ?? 'info', value as number),
        ...mixin?.(object, value, logger)
      }
    }
  }
}

/** The app's logger. Fastify takes no settings beside one, and they would change nothing. */
export function checkedLogger(
  { logger, level }: LoggerOptions,
  loggerInstance: FastifyBaseLogger,
  buffer: ResolvedBuffer | undefined
): FastifyBaseLogger {
  if (buffer !== undefined) failBuffer('a "loggerInstance"')
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
  req: (req: { method?: string; url?: string } | null) =>
    req && { method: req.method, url: scrubPath(req.url ?? '') },
  res: (res: { statusCode?: number } | null) => res && { statusCode: res.statusCode }
}
