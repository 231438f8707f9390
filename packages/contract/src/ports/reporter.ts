import type { FastifyRequest } from 'fastify'
import { port, type Port } from './port.ts'

export interface ReportContext {
  /** Where it happened: `uncaughtException`, `health check "database"`, `breaker "users"`. */
  source: string
  request?: FastifyRequest
  [key: string]: unknown
}

/** Takes errors that no request's `onError` sees. Provided by observability. */
export interface Reporter {
  report(error: unknown, context: ReportContext): void
  /** Resolves when all reports are sent, or after `timeout` milliseconds. Never rejects. */
  flush(timeout: number): Promise<void>
}

export const reporterPort: Port<Reporter> = port<Reporter>('reporter.v1')
