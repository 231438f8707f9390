export type { HealthOptions } from './options.ts'
export { health, health as default } from './plugin.ts'
