import type { FastifyBaseLogger } from 'fastify'
import { afterPendingWrite } from '../internals.ts'

/** Resolves when every log line is written, or after `timeout` milliseconds. */
export function flushLog(log: FastifyBaseLogger, timeout: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { flush } = log as typeof log & { flush?: (done: () => void) => void }
  if (!flush) return Promise.resolve()

  const timer = setTimeout(resolve, timeout)
  void promise.then(() => clearTimeout(timer))
  flush.call(log, () => afterPendingWrite(log, resolve))
  return promise
}
