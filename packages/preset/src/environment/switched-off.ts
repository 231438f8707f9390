import { nearest } from '@seaworthy/internal'
import { wrapped } from '../decide.ts'
import { partNames, type SeaworthyOptions } from '../options.ts'
import { EnvironmentError } from './validate.ts'

const switches: readonly string[] = [
  ...partNames.flatMap((part) => [
    part,
    ...wrapped[part].flatMap(({ key }) => (key ? [`${part}.${key}`] : []))
  ]),
  'security.validation'
]

/** Leaves out the parts that `SEAWORTHY_OFF` names: `auth`, `security.cors`. */
export function switchedOff(options: SeaworthyOptions, names: readonly string[]): SeaworthyOptions {
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
