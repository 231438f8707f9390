import type { FastifyBaseLogger } from 'fastify'
import { destinationOf, outliveFailedWrites, streamSymbol } from '../internals/index.ts'

/** Keeps the service alive when its log cannot be written. */
export function outliveWrites(log: FastifyBaseLogger): void {
  const stream = streamSymbol(log)
  if (stream !== undefined) outliveFailedWrites(destinationOf(log, stream))
}
