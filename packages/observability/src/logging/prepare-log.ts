import type { FastifyBaseLogger } from 'fastify'
import { outliveWrites } from './outlive-writes.ts'
import { safeBindings } from './safe-bindings.ts'

/** Keeps secrets out of what the app's logger is given, and the service alive when it cannot write. */
export function prepareLog(log: FastifyBaseLogger): void {
  safeBindings(log)
  outliveWrites(log)
}
