import type { FastifyInstance } from 'fastify'
import type { WorkPhase } from './background/work-phase.ts'
import type { Resources } from './closing/resources.ts'
import type { Connections } from './connections/connections.ts'
import type { InFlight } from './connections/in-flight.ts'
import type { ResolvedOptions } from './resolve-options.ts'

/** The objects that the shutdown works on. */
export interface SequenceParts {
  fastify: FastifyInstance
  options: ResolvedOptions
  connections: Connections
  inFlight: InFlight
  resources: Resources
  flushes: Resources
  background: WorkPhase
}
