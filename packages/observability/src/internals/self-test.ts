import { ServerResponse, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { hooksAreReadable } from './fastify.ts'
import { sentContentType } from './node.ts'
import { openTelemetryIsUnknown } from './opentelemetry.ts'
import { inspectLogger } from './pino.ts'
import { defaultLabelsAreReadable } from './prom-client.ts'

/**
 * The self-test at start: a line for the log about each private part that is not as expected, with what happens
 * without it. The parts of an agent are tested where it is started, those of an outgoing request at the first one.
 *
 * @param safeErr - The serializer for `err` that the logger has from this package.
 */
export function internalsProblems(fastify: Pick<FastifyInstance, 'log'>, safeErr: unknown): string[] {
  const problems: string[] = []
  const inspection = inspectLogger(fastify.log, safeErr)
  if (inspection.symbols === undefined && inspection.reason === 'incompatible')
    problems.push(
      'observability: this version of pino is unknown; request lines take the slower way through its methods; update @seaworthy/observability'
    )
  if (openTelemetryIsUnknown())
    problems.push(
      "observability: this version of OpenTelemetry's API is unknown; requests get trace ids that differ from its spans'; update @seaworthy/observability"
    )
  if (!hooksAreReadable(fastify))
    problems.push(
      'observability: this version of Fastify is unknown; responses that earlier hooks send lack the id; update @seaworthy/observability'
    )
  if (!readsSentHead())
    problems.push(
      'observability: this version of Node is unknown; event streams that a handler writes itself count as aborted; update @seaworthy/observability'
    )
  return problems
}

/** The same for a registry, which may be made later. One that is not of prom-client has no such part. */
export function registryProblem(registry: object): string | undefined {
  if (!('registerMetric' in registry) || defaultLabelsAreReadable(registry)) return undefined
  return "observability: this version of prom-client is unknown; the plugin's metrics lack the registry's default labels; update @seaworthy/observability"
}

/** Writes a head that goes nowhere, to see whether this Node keeps it where it is read. */
function readsSentHead(): boolean {
  try {
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    return sentContentType(response) === 'text/event-stream'
  } catch {
    return false
  }
}
