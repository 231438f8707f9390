import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { childWithBindings, inspectLogger, type PinoSymbols } from '../internals/index.ts'
import type { IdSource } from '../tracing/request-ids.ts'
import { errSerializer } from './bounded-json.ts'
import type { RequestDetails } from './request-details.ts'
import type { IdKeys } from './schemas.ts'

/** Fastify's `childLoggerFactory`. */
export type ChildLoggerFactory = (
  this: FastifyInstance,
  logger: FastifyBaseLogger,
  bindings: object,
  options: object,
  raw: IncomingMessage
) => FastifyBaseLogger

const plainId = /^[\w.-]+$/

/** Makes a request's logger, which has its ids: without the cost of `child()` where pino's internals are as expected. */
export function childLoggerFactory(
  ids: IdSource,
  keys: IdKeys,
  details: RequestDetails | undefined
): ChildLoggerFactory {
  // Two apps may be built with the same options, and take turns.
  const prefix = keys.tracePrefix?.() ?? ''
  const inspected = new WeakMap<FastifyBaseLogger, PinoSymbols | false>()
  let parent: FastifyBaseLogger | undefined
  let symbols: PinoSymbols | undefined

  function inspect(logger: FastifyBaseLogger): void {
    const found = inspected.get(logger) ?? inspectLogger(logger, errSerializer).symbols ?? false
    inspected.set(logger, found)
    parent = logger
    symbols = found === false ? undefined : found
  }

  return function requestLogger(logger, fastifyBindings, options, raw) {
    const requestId = Object.values(fastifyBindings)[0] as string | undefined
    const { correlationId, traceId } = ids.of(raw, requestId)
    if (logger !== parent) inspect(logger)
    if (symbols === undefined || hasKeys(options) || !plainId.test(correlationId)) {
      const bindings = { [keys.correlationId]: correlationId, [keys.traceId]: prefix + traceId }
      const child = logger.child(bindings, options)
      return details === undefined ? child : details.attachTo(child, raw)
    }
    const bound = `,"${keys.correlationId}":"${correlationId}","${keys.traceId}":"${prefix}${traceId}"`
    const raised = details?.parentFor(logger)
    if (raised === undefined) return childWithBindings(logger, symbols, bound)
    const child = childWithBindings(raised, symbols, bound)
    details!.attach(child, logger, raw)
    return child
  }
}

function hasKeys(options: object): boolean {
  for (const _ in options) return true
  return false
}
