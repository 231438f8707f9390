import { readFileSync } from 'node:fs'
import { nearest } from '@seaworthy/internal'
import type { EnvironmentSchema } from './types.ts'

/** What was found, and everything that is wrong with how it was given. */
export interface VariablesRead {
  values: Record<string, string>
  problems: string[]
}

/**
 * Takes what the schema names out of the environment: empty is unset, `NAME_FILE` is read, both is an error,
 * and a set variable that is nearly one of ours, while ours is unset, gets a suggestion.
 */
export function readVariables(env: NodeJS.ProcessEnv, { properties }: EnvironmentSchema): VariablesRead {
  const names = Object.keys(properties)
  const values: Record<string, string> = {}
  const problems: string[] = []
  const isSet = (name: string) => env[name] !== undefined && env[name] !== ''

  for (const name of names) {
    const file = `${name}_FILE`
    if (isSet(name) && isSet(file)) problems.push(`${name} and ${file} are both set: keep one`)
    else if (isSet(name)) values[name] = env[name] ?? ''
    else if (isSet(file)) {
      const text = contents(env[file] ?? '')
      if (text === undefined) problems.push(`${file} must name a readable file`)
      else if (text !== '') values[name] = text
    }
  }

  const unset = names.filter((name) => !(name in values))
  const known = new Set(names.flatMap((name) => [name, `${name}_FILE`]))
  for (const name of Object.keys(env).filter((key) => isSet(key) && !known.has(key))) {
    const near = misspelt(name, unset)
    if (near !== undefined) problems.push(`${name} is not a variable, did you mean ${near}?`)
  }
  return { values, problems }
}

/** Short names have neighbours by chance (`POST`, `HOSTS`), so only longer ones count as misspelt. */
function misspelt(name: string, unset: readonly string[]): string | undefined {
  if (name.length < 7) return undefined
  return nearest(
    name.replace(/_FILE$/, ''),
    unset.filter((candidate) => candidate.length >= 7)
  )
}

function contents(path: string): string | undefined {
  try {
    // Editors and `echo` leave a line break at the end, which is no part of a secret.
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch {
    return undefined
  }
}
