import type { Secret } from '@seaworthy/internal'

/** One variable: a small part of JSON Schema, and what the documents say of it. */
export interface VariableSchema {
  readonly type: 'string' | 'integer' | 'number' | 'boolean'
  readonly description?: string
  readonly default?: string | number | boolean
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly pattern?: string
  /** What the pattern asks for, in words. */
  readonly rule?: string
  /** The value becomes a `Secret`: nothing prints it. */
  readonly secret?: true
  /** What the example file shows. Never a usable secret. */
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

type Always<S extends EnvironmentSchema> = {
  [K in keyof S['properties']]: S['properties'][K] extends { default: unknown }
    ? K
    : K extends (S extends { required: readonly (infer R)[] } ? R : never)
      ? K
      : never
}[keyof S['properties']]

/** What the variables become: typed by their schema, optional unless required or defaulted. */
export type EnvironmentOf<S extends EnvironmentSchema> = {
  [K in Always<S>]: ValueOf<S['properties'][K]>
} & {
  [K in Exclude<keyof S['properties'], Always<S>>]?: ValueOf<S['properties'][K]>
}
