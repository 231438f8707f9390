export type { PresetOptions } from './options.ts'
export { preset, preset as default } from './plugin.ts'
