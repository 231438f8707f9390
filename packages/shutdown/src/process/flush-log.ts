import type { FastifyBaseLogger } from 'fastify'
import { internal } from '../internals.ts'

/** What the logger writes to, as far as that can be known: pino's own destination, or a worker thread. */
interface Destination {
  /** Whether a write is on its way. pino's destination calls back from `flush` without waiting for it. */
  _writing?: boolean
  once?(event: 'drain', listener: () => void): unknown
}

/** Resolves when every log line has left, or after `timeout` milliseconds. */
export function flushLog(log: FastifyBaseLogger, timeout: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { flush } = log as typeof log & { flush?: (done: () => void) => void }
  if (!flush) return Promise.resolve()

  const timer = setTimeout(resolve, timeout)
  void promise.then(() => clearTimeout(timer))
  flush.call(log, () => {
    const destination = internal(log, 'pino.stream') as Destination | undefined
    // An exit now would write the lines behind that one first.
    if (destination?._writing && destination.once) destination.once('drain', resolve)
    else resolve()
  })
  return promise
}
