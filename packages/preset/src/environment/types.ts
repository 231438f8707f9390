import type { Secret } from '@seaworthy/internal'

/**
 * One variable: a subset of JSON Schema, and its documentation.
 *
 * @example
 * const poolSize: VariableSchema = { type: 'integer', minimum: 1, default: 10, description: 'Connections of the pool.' }
 */
export interface VariableSchema {
  readonly type: 'string' | 'integer' | 'number' | 'boolean'
  readonly description?: string
  readonly default?: string | number | boolean
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly pattern?: string
  /** The rule of the pattern, in words. */
  readonly rule?: string
  /** Of a number: it may also be written as a time with a unit, `30s` or `5 minutes`. */
  readonly unit?: 'milliseconds'
  /** Makes the value a `Secret`, which is never printed. */
  readonly secret?: true
  /** The value in the example file. Never a usable secret. */
  readonly example?: string
}

/**
 * The variables of an app.
 *
 * @example
 * const schema = {
 *   properties: { DB_PASSWORD: { type: 'string', secret: true } },
 *   required: ['DB_PASSWORD']
 * } as const satisfies EnvironmentSchema
 * const { env } = fromEnv(process.env, { schema })
 * console.log(env.DB_PASSWORD.reveal().length)
 */
export interface EnvironmentSchema {
  readonly properties: Readonly<Record<string, VariableSchema>>
  readonly required?: readonly string[]
}

type ValueOf<V extends VariableSchema> = V extends { secret: true }
  ? Secret
  : V extends { enum: readonly (infer Allowed)[] }
    ? Allowed
    : V extends { type: 'string' }
      ? string
      : V extends { type: 'boolean' }
        ? boolean
        : number

type AlwaysSet<S extends EnvironmentSchema> = {
  [K in keyof S['properties']]: S['properties'][K] extends { default: unknown }
    ? K
    : K extends (S extends { required: readonly (infer R)[] } ? R : never)
      ? K
      : never
}[keyof S['properties']]

/**
 * The variables with the types of their schema. Optional unless required or with a default.
 *
 * @example
 * const schema = { properties: { DB_HOST: { type: 'string' } }, required: ['DB_HOST'] } as const
 * const host = (env: EnvironmentOf<typeof schema>): string => env.DB_HOST
 */
export type EnvironmentOf<S extends EnvironmentSchema> = {
  [K in AlwaysSet<S>]: ValueOf<S['properties'][K]>
} & {
  [K in Exclude<keyof S['properties'], AlwaysSet<S>>]?: ValueOf<S['properties'][K]>
}
