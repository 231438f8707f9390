import { nearest } from '@seaworthy/internal'
import { replacedPlugins } from '../parts/part-plugins.ts'
import { partNames, type SeaworthyOptions } from '../parts/options.ts'
import { EnvironmentError } from './environment-error.ts'

/** The names that `SEAWORTHY_OFF` may contain. */
export const switches: readonly string[] = [
  ...new Set(
    partNames.flatMap((part) => [
      part,
      ...replacedPlugins[part].flatMap(({ key }) => (key ? [`${part}.${key}`] : []))
    ])
  ),
  'security.validation'
]

/** The problems of names in `SEAWORTHY_OFF`. */
export const problemsOfSwitches = (names: readonly string[]): string[] =>
  names
    .filter((name) => !switches.includes(name))
    .map((name) => {
      const near = nearest(name, switches)
      return `SEAWORTHY_OFF must list parts (${switches.join(', ')})${near === undefined ? '' : `, did you mean ${near}?`}`
    })

/** Switches off the parts in `SEAWORTHY_OFF`: `auth`, `security.cors`. */
export function switchOffParts(options: SeaworthyOptions, names: readonly string[]): SeaworthyOptions {
  const problems = problemsOfSwitches(names)
  if (problems.length > 0) throw new EnvironmentError(problems)

  const result: Record<string, unknown> = { ...options }
  for (const name of names) {
    const [part = '', key] = name.split('.')
    const current = result[part]
    if (key === undefined || current === false) result[part] = false
    else result[part] = { ...(typeof current === 'object' ? current : {}), [key]: false }
  }
  return result
}
