import { nearest } from '@seaworthy/internal'
import { replacedPlugins } from '../parts/part-plugins.ts'
import { partNames, type SeaworthyOptions } from '../parts/options.ts'
import { EnvironmentError } from './environment-error.ts'

/** The names that `SEAWORTHY_OFF` may contain. */
export const switches: readonly string[] = [
  ...partNames.flatMap((part) => [
    part,
    ...replacedPlugins[part].flatMap(({ key }) => (key ? [`${part}.${key}`] : []))
  ]),
  'security.validation'
]

/** Switches off the parts in `SEAWORTHY_OFF`: `auth`, `security.cors`. */
export function switchOffParts(options: SeaworthyOptions, names: readonly string[]): SeaworthyOptions {
  const problems = names
    .filter((name) => !switches.includes(name))
    .map((name) => {
      const near = nearest(name, switches)
      return `SEAWORTHY_OFF must list parts (${switches.join(', ')})${near === undefined ? '' : `, did you mean ${near}?`}`
    })
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
