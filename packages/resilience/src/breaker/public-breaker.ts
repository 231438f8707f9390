import type { BreakerPipeline } from './pipeline.ts'
import type { Breaker } from './types.ts'

/** The public side of a pipeline. */
export function publicBreaker<Args extends unknown[], T>(
  pipeline: BreakerPipeline<Args, T>
): Breaker<Args, T> {
  return {
    name: pipeline.name,
    get state() {
      return pipeline.state
    },
    call: (request, ...args) => pipeline.call(request, args),
    detailed: (request, ...args) => pipeline.detailed(request, args),
    isolate: () => pipeline.isolation.isolate(),
    release: () => pipeline.isolation.releaseAll(),
    onStateChange: (listener) => pipeline.onStateChange(listener),
    inject: (fault) => pipeline.inject(fault),
    snapshot: () => pipeline.snapshot()
  }
}
