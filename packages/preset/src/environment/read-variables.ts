import { readFileSync } from 'node:fs'
import { nearest } from '@seaworthy/internal'
import type { EnvironmentSchema, VariableSchema } from './types.ts'

/** The variables that are set, and all problems with them. */
export interface VariablesRead {
  values: Record<string, string>
  /** The files of the values that come from one. */
  files: Record<string, string>
  problems: string[]
}

/**
 * Reads the schema's variables from the environment. An empty variable is unset, `NAME_FILE` names a file with the
 * value, and both together are a problem. A variable whose name is similar to an unset one gets a suggestion.
 * Kubernetes sets `REDIS_PORT=tcp://…` in each pod beside a Service "redis": a port of that form is unset.
 */
export function readVariables(env: NodeJS.ProcessEnv, { properties }: EnvironmentSchema): VariablesRead {
  const names = Object.keys(properties)
  const values: Record<string, string> = {}
  const files: Record<string, string> = {}
  const problems: string[] = []
  const isSet = (name: string) =>
    env[name] !== undefined && env[name] !== '' && !isServiceLink(properties[name], env[name])

  for (const name of names) {
    const file = `${name}_FILE`
    if (isSet(name) && isSet(file)) problems.push(`${name} and ${file} are both set: keep one`)
    else if (isSet(name)) values[name] = normalize(env[name] ?? '', properties[name])
    else if (isSet(file)) {
      const text = readValue(env[file] ?? '')
      if (text === undefined) problems.push(`${file} must name a readable file`)
      else if (text !== '') {
        values[name] = normalize(text, properties[name])
        files[name] = env[file] ?? ''
      }
    }
  }

  const unset = names.filter((name) => !(name in values))
  const validNames = new Set(names.flatMap((name) => [name, `${name}_FILE`]))
  for (const name of Object.keys(env).filter((key) => isSet(key) && !validNames.has(key))) {
    const near = suggestion(name, unset)
    if (near === undefined) continue
    if (!isSlip(name.replace(/_FILE$/, ''), near))
      process.emitWarning(`fastify-seaworthy does not read ${name}, did you mean ${near}?`)
    else problems.push(`${name} is not a variable, did you mean ${near}?`)
  }
  return { values, files, problems }
}

const isServiceLink = (variable: VariableSchema | undefined, value: string): boolean =>
  (variable?.type === 'integer' || variable?.type === 'number') && /^(?:tcp|udp|sctp):\/\/.+:\d+$/.test(value)

/** The other words for a switch that configuration files and platforms use. */
const booleans: Readonly<Record<string, string>> = {
  1: 'true',
  yes: 'true',
  on: 'true',
  0: 'false',
  no: 'false',
  off: 'false',
  true: 'true',
  false: 'false'
}

/** Words of a list may be in upper case, `LOG_LEVEL=INFO`, and a switch may be `1`. */
function normalize(value: string, variable: VariableSchema | undefined): string {
  const lowerCase = value.toLowerCase()
  if (variable?.type === 'boolean') return booleans[lowerCase] ?? value
  const { enum: words } = variable ?? {}
  return words !== undefined && !words.includes(value) && words.includes(lowerCase) ? lowerCase : value
}

/**
 * Whether letters are exchanged or one is missing. With another or a further letter (`CORS_ORIGINS`, `REDIS_TTL`) it is
 * more often a variable of other code, which must not stop the start.
 */
function isSlip(name: string, near: string): boolean {
  const letters = (text: string) => text.split('').toSorted().join('')
  if (letters(name) === letters(near)) return true
  const isShorter = name.length < near.length
  return isShorter && near.split('').some((_, at) => near.slice(0, at) + near.slice(at + 1) === name)
}

/** Short names are similar by chance (`POST`, `HOSTS`), so only longer ones get a suggestion. */
function suggestion(name: string, unset: readonly string[]): string | undefined {
  if (name.length < 7) return undefined
  return nearest(
    name.replace(/_FILE$/, ''),
    unset.filter((candidate) => candidate.length >= 7)
  )
}

function readValue(path: string): string | undefined {
  try {
    // Editors and `echo` write a line break at the end, which is not part of the value.
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch {
    return undefined
  }
}
