import type { FastifyBaseLogger } from 'fastify'
import { destinationOf, outliveFailedWrites, streamSymbol } from '../internals/index.ts'
import { safeBindings } from './safe-bindings.ts'

/** Keeps secrets out of what the app's logger is given, and the service alive when it cannot write. */
export function prepareLog(log: FastifyBaseLogger): void {
  safeBindings(log)
  const stream = streamSymbol(log)
  if (stream !== undefined) outliveFailedWrites(destinationOf(log, stream))
}
