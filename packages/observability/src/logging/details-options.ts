import { assertOptionsObject, check, optionNames, type Defaults } from '../check.ts'
import { levelNames, type LogLevel } from './levels.ts'

/**
 * The lines below the level of the log that a request keeps until it is known how it ends.
 *
 * @example
 * const details: DetailsOptions = { level: 'debug', maxBytes: 32_768 }
 * await app.register(observability, { logging: { details } })
 */
export interface DetailsOptions {
  /**
   * The lowest level that is kept.
   *
   * @defaultValue 'debug'
   * @throws RangeError for a level that pino does not have.
   */
  level?: LogLevel | undefined
  /**
   * The bytes of lines that one request keeps, 1024 to 16777216. The oldest make room, and `droppedDetails` of the request's
   * line counts them.
   *
   * @defaultValue 65536
   * @throws RangeError for a number outside that range.
   */
  maxBytes?: number | undefined
  /**
   * The bytes of lines that all requests of the app keep at a time, at least 1024.
   *
   * @defaultValue 16777216
   * @throws RangeError for a smaller number.
   */
  maxTotalBytes?: number | undefined
}

const names = optionNames<DetailsOptions>({ level: true, maxBytes: true, maxTotalBytes: true })

export const detailsDefaults: Defaults<DetailsOptions> = {
  level: 'debug',
  maxBytes: 65_536,
  maxTotalBytes: 16_777_216
}

export interface ResolvedDetails {
  level: LogLevel
  maxBytes: number
  maxTotalBytes: number
}

/** Fills in the defaults. @throws RangeError for an option that cannot work. */
export function resolveDetails(options: DetailsOptions): ResolvedDetails {
  assertOptionsObject('logging.details', options)
  check.keys('logging.details', options, names)
  const { level, maxBytes, maxTotalBytes } = options
  return {
    level: check.oneOf('logging.details.level', level ?? detailsDefaults.level, levelNames),
    maxBytes: check.integer('logging.details.maxBytes', maxBytes ?? detailsDefaults.maxBytes, {
      min: 1024,
      max: 16_777_216,
      unit: 'bytes'
    }),
    maxTotalBytes: check.integer(
      'logging.details.maxTotalBytes',
      maxTotalBytes ?? detailsDefaults.maxTotalBytes,
      { min: 1024, unit: 'bytes' }
    )
  }
}
