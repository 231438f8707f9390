import { operationVariables } from './operation-variables.ts'
import { serverVariables } from './server-variables.ts'
import type { EnvironmentOf, EnvironmentSchema } from './types.ts'

/**
 * Every variable that the preset reads. Types, checks, `.env.example` and the documents' table all come from here.
 * Each may also be set as `NAME_FILE`, the path of a file with the value.
 *
 * @example
 * for (const [name, { description }] of Object.entries(environmentSchema.properties)) console.log(name, description)
 */
export const environmentSchema = {
  properties: { ...serverVariables, ...operationVariables },
  required: []
} as const satisfies EnvironmentSchema

/**
 * The preset's variables, checked and typed.
 *
 * @example
 * const level = (env: Environment) => env.LOG_LEVEL
 * console.log(level(fromEnv().env))
 */
export type Environment = EnvironmentOf<typeof environmentSchema>
