import type { Overridable } from '@seaworthy/contract'
import type { LoadSample } from './load.ts'

/** From the first to go to the last. `critical` never goes. */
export const priorities = ['low', 'normal', 'high', 'critical'] as const
export type Priority = (typeof priorities)[number]

// Here and not beside the hooks: of a file whose types nothing public mentions, the build leaves out everything.
interface ResilienceRouteConfig {
  /**
   * Which requests are turned away first when there is too much to do: `low`, then `normal` (the default), then
   * `high`. `critical` ones never are.
   */
  priority?: Overridable<this, Priority>
}

declare module 'fastify' {
  interface FastifyContextConfig extends ResilienceRouteConfig {}
}

interface Bounds {
  maxUtilization: number
  maxDelay: number
}

/** Fewer requests than this in an interval are not what keeps the service busy: turning them away would not help. */
const FEW = 3
const UP = 0.25
const DOWN = 0.15

/**
 * How much is shed: from 0 to 1 a growing share of low priority, from 1 to 2 all of it and a share of normal, from
 * 2 to 3 of high. It moves by steps, each interval, so it settles where the load can just be carried.
 */
export class Level {
  readonly #bounds: Bounds
  #value = 0
  #overloaded = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  get value(): number {
    return this.#value
  }

  /** @param requests - How many arrived in the interval. */
  update({ utilization, delay }: LoadSample, requests: number): void {
    const { maxUtilization, maxDelay } = this.#bounds
    const overloaded = utilization >= maxUtilization && delay >= maxDelay && requests >= FEW
    this.#overloaded = overloaded ? this.#overloaded + 1 : 0
    if (!overloaded) this.#value = Math.max(0, this.#value - DOWN)
    // One bad interval may be a collection of garbage.
    else if (this.#overloaded > 1) this.#value = Math.min(3, this.#value + UP)
  }

  sheds(priority: Priority, random: () => number): boolean {
    if (this.#value === 0) return false
    return random() < this.#value - priorities.indexOf(priority) && priority !== 'critical'
  }
}
