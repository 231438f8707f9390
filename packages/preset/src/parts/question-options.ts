import type { FastifyInstance } from 'fastify'
import type { SeaworthyOptions } from './options.ts'

/** Times in milliseconds that are often written in seconds. */
const times = [
  'shutdown.timeout',
  'shutdown.gracePeriod',
  'shutdown.drainDelay',
  'security.requestTimeout',
  'security.rateLimit.timeWindow',
  'observability.logging.slowThreshold'
]

/** Milliseconds below which such a time makes little sense, and seconds that are usual. */
const longestLikelySeconds = 120

/** Warns of options that are possible, and probably meant otherwise. */
export function questionOptions(fastify: FastifyInstance, options: SeaworthyOptions): void {
  for (const path of times) {
    const value = path
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], options)
    if (typeof value === 'number' && value > 0 && value <= longestLikelySeconds)
      fastify.log.warn(
        `seaworthy: "${path}" is ${value} milliseconds; if seconds are meant, write ${value * 1000}`
      )
  }
}
