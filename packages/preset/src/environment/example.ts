import { environmentSchema } from './schema.ts'
import type { EnvironmentSchema } from './types.ts'

/**
 * Makes an example file from the schema: every variable with its description, and no usable secret.
 *
 * @example
 * console.log(environmentExample()) // the text of a .env.example
 * @param extra - The app's own variables: the same as the `schema` of `fromEnv`.
 */
export function environmentExample(extra: EnvironmentSchema = { properties: {} }): string {
  const properties = { ...environmentSchema.properties, ...extra.properties }
  const required = new Set<string>([...environmentSchema.required, ...(extra.required ?? [])])
  const entries = Object.entries(properties as EnvironmentSchema['properties']).map(([name, variable]) => {
    const { description = '', default: initial, example, secret } = variable
    const value = secret ? '' : (example ?? String(initial ?? ''))
    const commented = initial === undefined && !required.has(name) ? '# ' : ''
    return `# ${description}\n${commented}${name}=${value}\n`
  })
  return entries.join('\n')
}
