export { resolveBreaker } from './options.ts'
export { BreakerPipeline } from './pipeline.ts'
export { publicBreaker } from './public-breaker.ts'
