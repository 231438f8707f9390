export type { ErrorsOptions } from './options.ts'
export { errors, errors as default } from './plugin.ts'
