import type { Tracer } from '@seaworthy/contract'
import type { SpanMaker } from '../internals/index.ts'
import { endFailed, markFailed } from './end-failed.ts'

/** The port by which other plugins run work in spans. */
export const tracerOf = (spans: SpanMaker): Tracer => ({
  async inSpan(name, attributes, work) {
    const span = spans.start(name, 'internal', attributes)
    try {
      const result = await spans.within(span, () => work({ fail: (error) => markFailed(span, error) }))
      span.end()
      return result
    } catch (error) {
      endFailed(span, error)
      throw error
    }
  }
})
