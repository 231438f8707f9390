import { readFileSync } from 'node:fs'
import { isText, withoutByteOrderMark } from '@seaworthy/internal'
import { isServiceLink, normalize } from './normalize.ts'
import { environmentSchema } from './schema.ts'
import { problemOfName } from './suggest-name.ts'
import type { EnvironmentSchema } from './types.ts'

/** The variables that are set, and all problems with them. */
export interface VariablesRead {
  values: Record<string, string>
  /** The files of the values that come from one. */
  files: Record<string, string>
  problems: string[]
}

/**
 * Reads the schema's variables from the environment. An empty variable is unset, `NAME_FILE` names a file with the
 * value, and both together are a problem, as an empty file is. A variable whose name is similar to an unset one gets a suggestion.
 * Kubernetes sets `REDIS_PORT=tcp://…` in each pod beside a Service "redis": a port of that form is unset.
 */
export function readVariables(env: NodeJS.ProcessEnv, { properties }: EnvironmentSchema): VariablesRead {
  const names = Object.keys(properties)
  const values: Record<string, string> = {}
  const files: Record<string, string> = {}
  const problems: string[] = []
  const valueOf = (name: string): string => {
    const text = normalize(name, textOf(env[name]), properties[name])
    return isServiceLink(name, text, properties[name]) ? '' : text
  }

  for (const name of names) {
    const value = valueOf(name)
    // A variable of the schema may end in _FILE itself.
    const fileName = `${name}_FILE`
    const file = Object.hasOwn(properties, fileName) ? '' : valueOf(fileName)
    if (value !== '' && file !== '') problems.push(`${name} and ${fileName} are both set: keep one`)
    else if (value !== '') values[name] = value
    else if (file !== '') {
      const text = readValue(file)
      if (text === undefined) problems.push(`${fileName} must name a readable file`)
      else if (!isText(text)) problems.push(`${fileName} must name a file with text in UTF-8`)
      // A mount that failed must not switch a part off.
      else if (text.trim() === '') problems.push(`${fileName} names a file that is empty`)
      else {
        // The file of a secret is read again later: its value is the file's, as it is.
        values[name] = properties[name]?.secret ? text : normalize(name, text, properties[name])
        files[name] = file
      }
    }
  }

  for (const [name, text] of Object.entries(values)) {
    if (isQuoted(text) && (properties[name]?.secret || Object.hasOwn(environmentSchema.properties, name)))
      process.emitWarning(
        `fastify-seaworthy: ${name} begins and ends with quotes, which are a part of its value; remove them: docker run --env-file keeps them`
      )
  }
  const unset = names.filter((name) => !(name in values))
  const validNames = new Set(names.flatMap((name) => [name, `${name}_FILE`]))
  for (const name of Object.keys(env)) {
    if (validNames.has(name) || valueOf(name) === '') continue
    const { warning, problem } = problemOfName(name, unset)
    if (warning !== undefined) process.emitWarning(`fastify-seaworthy ${warning}`)
    if (problem !== undefined) problems.push(problem)
  }
  return { values, files, problems }
}

const isQuoted = (text: string): boolean => text.length > 1 && /^(?:".*"|'.*')$/s.test(text)

/** Nothing keeps JavaScript from passing numbers and booleans. */
const textOf = (value: unknown): string =>
  ['string', 'number', 'boolean', 'bigint'].includes(typeof value) ? String(value) : ''

function readValue(path: string): string | undefined {
  try {
    // Editors and `echo` write a line break at the end, which is not part of the value.
    return withoutByteOrderMark(readFileSync(path, 'utf8')).replace(/\r?\n$/, '')
  } catch {
    return undefined
  }
}
