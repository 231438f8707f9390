import type { RouteOptions } from 'fastify'
import { port, type Port } from './port.ts'

/**
 * The operators' listener: guarded, never public. Provided by observability when its `management` is on.
 * Use it through `whenProvided`: routes may be added until the app has become ready.
 */
export interface Management {
  /** Adds a route to the operators' listener. Its guard (token, address list) already applies. */
  route(options: RouteOptions): void
  /** Adds a section to the status page and its JSON: `snapshot` runs per view and must hold no secret. */
  section(name: string, snapshot: () => unknown): void
}

export const managementPort: Port<Management> = port<Management>('management.v1')
