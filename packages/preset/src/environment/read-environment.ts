import { Secret } from '@seaworthy/internal'
import { load } from '../load/load.cjs'
import { readVariables } from './read-variables.ts'
import type { EnvironmentOf, EnvironmentSchema, VariableSchema } from './types.ts'

interface SchemaError {
  keyword: string
  instancePath: string
  params: { missingProperty?: string }
}

/**
 * Reads and checks the environment.
 *
 * @throws Error with `code: 'ERR_ENVIRONMENT'` and every problem at once: names and rules, never a value.
 */
export function readEnvironment<S extends EnvironmentSchema>(
  env: NodeJS.ProcessEnv,
  schema: S
): EnvironmentOf<S> {
  const { values, problems } = readVariables(env, schema)
  // A variable given in two ways has been named already: it is not missing as well.
  const reported = (name: string) =>
    problems.some((problem) => problem.startsWith(`${name} `) || problem.startsWith(`${name}_FILE `))
  let checked: Record<string, unknown> = {}
  try {
    checked = load.envSchema().envSchema({
      data: values,
      env: false,
      schema: jsonSchema(schema),
      ajv: { customOptions: withOurKeywords }
    })
  } catch (error) {
    const { errors } = error as { errors?: SchemaError[] }
    if (errors === undefined) throw error
    problems.push(
      ...errors
        .map((found) => described(found, schema))
        .filter(({ name }) => !reported(name))
        .map(({ text }) => text)
    )
  }
  if (problems.length > 0) throw new EnvironmentError([...new Set(problems)])

  for (const [name, { secret }] of Object.entries(schema.properties)) {
    const value = checked[name]
    if (secret && typeof value === 'string') checked[name] = new Secret(value)
  }
  return checked as EnvironmentOf<S>
}

/** The environment is not what the schema asks for. `problems` has a sentence each. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
  readonly code = 'ERR_ENVIRONMENT'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `The environment has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n  - ${problems.join('\n  - ')}`
    )
    this.problems = problems
    // Who started the service is told what to mend, and nothing of our code.
    this.stack = `${this.name}: ${this.message}`
    Object.defineProperty(this, 'problems', { enumerable: false })
  }
}

function jsonSchema({ properties, required = [] }: EnvironmentSchema): Record<string, unknown> {
  return { type: 'object', required: [...required], properties: structuredClone(properties) }
}

function withOurKeywords(ajv: { addKeyword(keyword: string): unknown }): never {
  for (const keyword of ['secret', 'rule', 'example']) ajv.addKeyword(keyword)
  return ajv as never
}

function described({ keyword, instancePath, params }: SchemaError, { properties }: EnvironmentSchema) {
  const name = keyword === 'required' ? (params.missingProperty ?? '') : instancePath.slice(1)
  const variable = properties[name] ?? { type: 'string' }
  const rule = describeRule(variable)
  return { name, text: keyword === 'required' ? `${name} is required: ${rule}` : `${name} must be ${rule}` }
}

/** What a variable must be, in words. */
export function describeRule({
  type,
  enum: allowed,
  minimum,
  maximum,
  minLength,
  pattern,
  rule
}: VariableSchema): string {
  if (rule !== undefined) return rule
  if (allowed !== undefined) return `one of ${allowed.join(', ')}`
  if (type === 'boolean') return 'true or false'
  if (type === 'string') {
    if (minLength !== undefined) return `text of at least ${minLength} characters`
    return pattern === undefined ? 'text' : `text that matches ${pattern}`
  }
  const kind = type === 'integer' ? 'a whole number' : 'a number'
  if (minimum !== undefined && maximum !== undefined) return `${kind} from ${minimum} to ${maximum}`
  return minimum === undefined ? kind : `${kind} of at least ${minimum}`
}
