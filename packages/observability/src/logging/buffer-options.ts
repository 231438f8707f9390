import { omitUndefined } from '@seaworthy/internal'
import { assertOptionsObject, check, optionNames, type Defaults } from '../check.ts'

/**
 * How many lines wait for the next write.
 *
 * @example
 * const buffer: BufferOptions = { bytes: 16_384 }
 * const app = Fastify({ ...observabilityServerOptions({ logging: { buffer } }) })
 */
export interface BufferOptions {
  /**
   * Lines are written once they are so many bytes, 256 to 16000.
   *
   * @defaultValue 8192
   * @throws RangeError for a number outside that range.
   */
  bytes?: number | undefined
  /**
   * Lines are written after so long at the latest. Milliseconds, 10 to 10000.
   *
   * @defaultValue 100
   * @throws RangeError for a number outside that range.
   */
  interval?: number | undefined
}

const names = optionNames<BufferOptions>({ bytes: true, interval: true })

// pino writes 16 KB at a time.
const maxBytes = 16_000

export const bufferDefaults: Defaults<BufferOptions> = { bytes: 8192, interval: 100 }

export interface ResolvedBuffer {
  bytes: number
  interval: number
}

/** Fills in the defaults. @throws RangeError for an option that cannot work. */
export function resolveBuffer(options: BufferOptions): ResolvedBuffer {
  assertOptionsObject('logging.buffer', options)
  check.keys('logging.buffer', options, names)
  const { bytes, interval } = { ...bufferDefaults, ...omitUndefined(options) }
  return {
    bytes: check.integer('logging.buffer.bytes', bytes, { min: 256, max: maxBytes, unit: 'bytes' }),
    interval: check.integer('logging.buffer.interval', interval, {
      min: 10,
      max: 10_000,
      unit: 'milliseconds'
    })
  }
}
