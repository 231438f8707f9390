export type { ShutdownOptions } from './options.ts'
export { shutdown, shutdown as default } from './plugin.ts'
