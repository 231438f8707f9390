import { omitUndefined } from '@seaworthy/internal'
import { assertOptionsObject, check, optionNames, type Defaults } from '../check.ts'

/**
 * The watch over turns of the event loop that take too long.
 *
 * @example
 * const blockedLoop: BlockedLoopOptions = { threshold: 500 }
 * await app.register(observability, { blockedLoop })
 */
export interface BlockedLoopOptions {
  /**
   * A turn that takes longer blocks the loop: no other request is served meanwhile. Milliseconds, 20 to 60000.
   *
   * @defaultValue 250
   * @throws RangeError for a number outside that range.
   */
  threshold?: number | undefined
  /**
   * The lines about it per minute, 1 to 600. The metric counts every turn.
   *
   * @defaultValue 6
   * @throws RangeError for a number outside that range.
   */
  maxLinesPerMinute?: number | undefined
}

const names = optionNames<BlockedLoopOptions>({ threshold: true, maxLinesPerMinute: true })

export const blockedLoopDefaults: Defaults<BlockedLoopOptions> = { threshold: 250, maxLinesPerMinute: 6 }

export interface ResolvedBlockedLoop {
  threshold: number
  maxLinesPerMinute: number
}

/** Fills in the defaults. @throws RangeError for an option that cannot work. */
export function resolveBlockedLoop(options: BlockedLoopOptions): ResolvedBlockedLoop {
  assertOptionsObject('blockedLoop', options)
  check.keys('blockedLoop', options, names)
  const { threshold, maxLinesPerMinute } = { ...blockedLoopDefaults, ...omitUndefined(options) }
  return {
    threshold: check.integer('blockedLoop.threshold', threshold, {
      min: 20,
      max: 60_000,
      unit: 'milliseconds'
    }),
    maxLinesPerMinute: check.integer('blockedLoop.maxLinesPerMinute', maxLinesPerMinute, { min: 1, max: 600 })
  }
}
