export type { ObservabilityOptions } from './options.ts'
export { observability, observability as default } from './plugin.ts'
