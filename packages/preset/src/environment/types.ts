import type { Secret } from '@seaworthy/internal'

/** One variable: a subset of JSON Schema, and its documentation. */
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
  /** Makes the value a `Secret`, which is never printed. */
  readonly secret?: true
  /** The value in the example file. Never a usable secret. */
  readonly example?: string
}

/** The variables of an app. */
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

/** The variables with the types of their schema. Optional unless required or with a default. */
export type EnvironmentOf<S extends EnvironmentSchema> = {
  [K in AlwaysSet<S>]: ValueOf<S['properties'][K]>
} & {
  [K in Exclude<keyof S['properties'], AlwaysSet<S>>]?: ValueOf<S['properties'][K]>
}
