import type { RouteOptions } from 'fastify'
import { port, type Port } from './port.ts'

/**
 * The operators' listener: guarded, never public. Provided by observability when its `management` is on.
 * Use it through `whenProvided`: routes may be added until the app has become ready.
 */
export interface Management {
  /**
   * Adds a route to the operators' listener. Its guard (token, address list, origin) already applies. A method that
   * changes something is an action: it is logged, and runs in all workers of the service.
   */
  route(options: RouteOptions): void
  /**
   * Adds a section to the status page and its JSON: `snapshot` runs per view and must hold no secret. With `live: false`
   * it runs once per page, for what stays as it is after the start.
   */
  section(name: string, snapshot: () => unknown, options?: { live?: boolean }): void
}

export const managementPort: Port<Management> = port<Management>('management.v1')
