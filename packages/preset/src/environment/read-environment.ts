import { invalidOption, Secret, secretOfFile } from '@seaworthy/internal'
import { load } from '../load/load.cjs'
import { checkValues, questionValues } from './check-values.ts'
import { describeRule } from './describe-rule.ts'
import { EnvironmentError } from './environment-error.ts'
import { readVariables } from './read-variables.ts'
import type { EnvironmentOf, EnvironmentSchema } from './types.ts'
import type { Values } from './values.ts'

/** An error of Ajv. */
interface SchemaError {
  keyword: string
  instancePath: string
  params: { missingProperty?: string }
}

/**
 * Reads and checks the environment.
 *
 * @throws EnvironmentError with all problems: names and rules, never a value.
 */
export function readEnvironment<S extends EnvironmentSchema>(
  env: NodeJS.ProcessEnv,
  schema: S
): EnvironmentOf<S> {
  const { values, files, problems } = readVariables(env, schema)
  for (const question of questionValues(values)) process.emitWarning(`fastify-seaworthy: ${question}`)
  const checked = checkAll(values, schema, problems)
  if (problems.length > 0) throw new EnvironmentError([...new Set(problems)])

  for (const [name, { secret }] of Object.entries(schema.properties)) {
    const value = checked[name]
    if (!secret || typeof value !== 'string') continue
    const file = files[name]
    checked[name] =
      file === undefined
        ? new Secret(value)
        : secretOfFile(file, value, (text) => checkNew(name, text, values, schema))
  }
  return checked as EnvironmentOf<S>
}

/** Converts the values to their types, and adds their problems to the list. */
function checkAll(values: Values, schema: EnvironmentSchema, problems: string[]): Record<string, unknown> {
  // A variable with a problem was not read, so Ajv reports it as missing too.
  const isReported = (name: string) =>
    problems.some((problem) => problem.startsWith(`${name} `) || problem.startsWith(`${name}_FILE `))
  // Ajv takes the text `Infinity` for a whole number within any range.
  for (const [name, rule] of Object.entries(schema.properties))
    if (rule.type !== 'string' && Math.abs(Number(values[name])) === Infinity)
      problems.push(`${name} must be ${describeRule(rule)}`)
  let checked: Record<string, unknown> = {}
  try {
    checked = validate(values, schema)
  } catch (error) {
    const { errors } = error as { errors?: SchemaError[] }
    if (errors === undefined) throw invalidRule(schema) ?? error
    problems.push(
      ...errors
        .map((schemaError) => describeError(schemaError, schema))
        .filter(({ name }) => !isReported(name))
        .map(({ text }) => text)
    )
  }
  const composed = checkValues(values).filter((text) => !isReported(text.slice(0, text.indexOf(' '))))
  problems.push(...composed)
  return checked
}

const validate = (values: Values, schema: EnvironmentSchema): Record<string, unknown> =>
  load.envSchema().envSchema({
    data: values,
    env: false,
    schema: jsonSchema(schema),
    ajv: { customOptions: addKeywords }
  })

/** The error of the first rule that Ajv rejects: its own error names no variable where it has a value to show. */
function invalidRule({ properties }: EnvironmentSchema): Error | undefined {
  for (const [name, rule] of Object.entries(properties)) {
    try {
      validate({}, { properties: { [name]: rule } })
    } catch (error) {
      const { errors, message } = error as Error & { errors?: SchemaError[] }
      if (errors === undefined)
        return invalidOption(
          `seaworthy: "schema.properties.${name}" must be a rule of JSON Schema: ${message}`,
          error
        )
    }
  }
  return undefined
}

/** Checks a new value of a file by the rules of the start. @throws Error with the rule, never the value. */
function checkNew(name: string, text: string, values: Values, schema: EnvironmentSchema): void {
  const problems: string[] = []
  checkAll({ ...values, [name]: text }, schema, problems)
  if (text === '') problems.push(`${name} must have a value`)
  if (problems.length > 0) throw new Error([...new Set(problems)].join('; '))
}

function jsonSchema({ properties, required = [] }: EnvironmentSchema): Record<string, unknown> {
  const rules = Object.entries(properties).map(([name, { enum: words, ...rule }]) => {
    const isText = rule.type === 'string'
    return [name, { ...rule, ...(words && { enum: isText ? [...words] : words.map(Number) }) }]
  })
  return { type: 'object', required: [...required], properties: Object.fromEntries(rules) }
}

function addKeywords(ajv: { addKeyword(keyword: string): unknown }): never {
  for (const keyword of ['secret', 'rule', 'example', 'unit']) ajv.addKeyword(keyword)
  return ajv as never
}

function describeError({ keyword, instancePath, params }: SchemaError, { properties }: EnvironmentSchema) {
  const name = keyword === 'required' ? (params.missingProperty ?? '') : instancePath.slice(1)
  const variable = properties[name] ?? { type: 'string' }
  const rule = describeRule(variable)
  return { name, text: keyword === 'required' ? `${name} is required: ${rule}` : `${name} must be ${rule}` }
}
