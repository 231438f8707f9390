import type { FastifyBaseLogger } from 'fastify'
import { openTelemetryIsUnknown } from './internals.ts'
import { inspectLogger } from './pino-internals.ts'

/** A sentence for the log about each private part that is not as expected. */
export function internalsProblems(logger: FastifyBaseLogger, safeErr: unknown): string[] {
  const problems: string[] = []
  const inspection = inspectLogger(logger, safeErr)
  if (inspection.symbols === undefined && inspection.reason === 'incompatible') {
    problems.push(
      'observability: this version of pino is unknown; request lines take the slower way through its methods; update @seaworthy/observability'
    )
  }
  if (openTelemetryIsUnknown()) {
    problems.push(
      "observability: this version of OpenTelemetry's API is unknown; requests get trace ids that differ from its spans'; update @seaworthy/observability"
    )
  }
  return problems
}
