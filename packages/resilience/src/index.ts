export type { ResilienceOptions } from './options.ts'
export { resilience, resilience as default } from './plugin.ts'
