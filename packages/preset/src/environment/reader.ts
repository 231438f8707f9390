export { checkSchema } from './check-schema.ts'
export { partOptionsFrom } from './part-options.ts'
export { readEnvironment } from './read-environment.ts'
