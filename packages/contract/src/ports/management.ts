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
   * Adds a section to the operators' page and its JSON: `snapshot` runs per view and must hold no secret. With `live: false`
   * it runs once per page, for what stays as it is after the start.
   */
  section(name: string, snapshot: () => unknown, options?: { live?: boolean }): void
}

/**
 * In the `config` of an action that sets a state: the name of the state. A worker that starts later gets the last action
 * of each state from the others. Members `ttl` and `maxDuration` of its body are **milliseconds** that have begun.
 */
export const stateOfAction: unique symbol = Symbol.for('seaworthy.operators.state.v1') as never

/** The `config` of an action that sets a state. `nameOf` gets the parameters of its path. */
export const setsState = (
  nameOf: (params: Record<string, string>) => string
): NonNullable<RouteOptions['config']> => ({ [stateOfAction]: nameOf }) as NonNullable<RouteOptions['config']>

export const managementPort: Port<Management> = port<Management>('management.v1')
