import { invalidOption, isObject, optionChecks } from '@seaworthy/internal'
import { environmentSchema } from './schema.ts'
import type { EnvironmentSchema, VariableSchema } from './types.ts'

const check = optionChecks('seaworthy')
const types: readonly unknown[] = [
  'string',
  'integer',
  'number',
  'boolean'
] satisfies VariableSchema['type'][]

/** The preset's variables, of which a rule of the app may be narrower. */
const presetVariables: EnvironmentSchema['properties'] = environmentSchema.properties

/**
 * Checks the rules of the app: those of TypeScript can be wrong too, where a pattern is.
 *
 * @throws RangeError with the code `INVALID_OPTION`.
 */
export function checkSchema({ properties, required = [] }: EnvironmentSchema): void {
  if (!isObject(properties))
    check.fail('schema.properties', 'an object with the rule of each variable', properties)
  for (const [name, rule] of Object.entries(properties)) {
    const option = `schema.properties.${name}`
    if (!isObject(rule)) check.fail(option, "an object such as { type: 'string' }", rule)
    checkKind(name, rule)
    checkKeywords(option, rule)
  }
  if (!Array.isArray(required)) check.fail('schema.required', 'a list of variables', required)
  for (const name of required)
    if (!Object.hasOwn(properties, name) && !Object.hasOwn(presetVariables, name))
      check.fail('schema.required', 'a list of variables that "schema.properties" has rules for', name)
}

/** The parts read the preset's variables, so that a rule of the app may not change their kind. A secret is a text. */
function checkKind(name: string, { type, secret }: VariableSchema): void {
  if (!types.includes(type) || (secret && type !== 'string'))
    throw invalidOption(
      `seaworthy: "schema.properties.${name}.type" must be ${secret ? "'string', as of each secret" : `one of ${types.join(', ')}`}`
    )
  const variable = Object.hasOwn(presetVariables, name) ? presetVariables[name] : undefined
  if (variable === undefined || (variable.type === type && (variable.secret ?? false) === (secret ?? false)))
    return
  const kind = variable.secret ? 'secret: true' : `type: '${variable.type}'`
  throw invalidOption(
    `seaworthy: "schema.properties.${name}" must have ${kind}, because the preset reads the variable; choose another name for yours`
  )
}

function checkKeywords(option: string, rule: VariableSchema): void {
  const { pattern, enum: words, unit } = rule
  const { format } = rule as { format?: unknown }
  if (pattern !== undefined && !isPattern(pattern))
    check.fail(`${option}.pattern`, 'the text of a regular expression that is valid with the flag u', pattern)
  if (format !== undefined)
    check.fail(`${option}.format`, 'left out, because variables have no formats: write "pattern"', format)
  if (words !== undefined && !Array.isArray(words)) check.fail(`${option}.enum`, 'a list of words', words)
  if (unit !== undefined) check.oneOf(`${option}.unit`, unit, ['milliseconds'])
}

function isPattern(pattern: unknown): boolean {
  try {
    return typeof pattern === 'string' && new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}
