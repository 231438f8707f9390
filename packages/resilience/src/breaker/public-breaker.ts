import type { Breaker } from './types.ts'
import type { Guard } from './pipeline.ts'

/** What a user sees of a guard. */
export function breakerOf<Args extends unknown[], T>(guard: Guard<Args, T>): Breaker<Args, T> {
  return {
    name: guard.name,
    get state() {
      return guard.state
    },
    call: (request, ...args) => guard.call(request, args),
    detailed: (request, ...args) => guard.detailed(request, args),
    isolate: () => guard.isolate(),
    release: () => guard.releaseAll(),
    inject: (fault) => guard.inject(fault),
    snapshot: () => guard.snapshot()
  }
}
