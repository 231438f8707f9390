export type { AuthOptions } from './options.ts'
export { auth, auth as default } from './plugin.ts'
