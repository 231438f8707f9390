import type { FastifyRequest } from 'fastify'
import { port, type Port } from './port.ts'

/** Carries the correlation id and trace context to outgoing calls. Provided by observability. */
export interface Propagator {
  /** Adds `x-correlation-id`, `traceparent`, `tracestate` to `carrier`, unless it has them already. */
  inject(request: FastifyRequest, carrier: Record<string, string>): void
}

export const propagatorPort: Port<Propagator> = port<Propagator>('propagator.v1')
