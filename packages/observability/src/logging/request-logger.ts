import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { IdSource } from '../tracing/request-ids.ts'
import { plainPino, type PinoKeys } from './line-writer.ts'
import type { IdKeys } from './schemas.ts'

/** Fastify's `childLoggerFactory`. */
export type ChildLoggerFactory = (
  this: FastifyInstance,
  logger: FastifyBaseLogger,
  bindings: object,
  options: object,
  raw: IncomingMessage
) => FastifyBaseLogger

type Parts = FastifyBaseLogger & Record<symbol, unknown> & { onChild?: (child: FastifyBaseLogger) => void }

const plainId = /^[\w.-]+$/

/**
 * A request's logger: its ids are bound once, and never again. pino's `child` sets up levels and serializers anew; a
 * child that changes neither is its parent with two more bindings, so that is what is made.
 */
export function childLoggerFactory(ids: IdSource, keys: IdKeys): ChildLoggerFactory {
  let parent: FastifyBaseLogger | undefined
  let parts: PinoKeys | undefined

  return function requestLogger(logger, bindings, options, raw) {
    const given = Object.values(bindings)[0] as string | undefined
    const { correlationId, traceId } = ids.of(raw, given)
    if (logger !== parent) {
      parent = logger
      parts = plainPino(logger)
    }
    if (parts === undefined || hasKeys(options) || !plainId.test(correlationId)) {
      return logger.child({ [keys.correlationId]: correlationId, [keys.traceId]: traceId }, options)
    }
    const child = Object.create(logger) as Parts
    const bound = `,"${keys.correlationId}":"${correlationId}","${keys.traceId}":"${traceId}"`
    child[parts.chindings] = (logger as Parts)[parts.chindings] + bound
    child.onChild?.(child)
    return child
  }
}

function hasKeys(options: object): boolean {
  for (const _ in options) return true
  return false
}
