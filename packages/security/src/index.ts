export type { SecurityOptions } from './options.ts'
export { security, security as default } from './plugin.ts'
