import { isIP } from 'node:net'
import { parseDuration } from '@seaworthy/internal'
import { environmentSchema } from './schema.ts'
import type { VariableSchema } from './types.ts'

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

/**
 * The value as it is meant. Files with Windows' line breaks leave a `\r` at its end, and `set NAME=value && …` a space.
 * Words of a list may be in upper case, `LOG_LEVEL=INFO`, a switch may be `1`, and a time may have a unit.
 */
export function normalize(name: string, value: string, variable: VariableSchema | undefined): string {
  const isText = variable?.type === 'string' && variable.enum === undefined && !variable.secret
  // In a text of the app, spaces may have a meaning.
  if (isText && !Object.hasOwn(environmentSchema.properties, name))
    return value.replace(/(?<=.)[\r\n]+$/s, '')
  const text = value.trim()
  const lowerCase = text.toLowerCase()
  if (variable?.type === 'boolean') return booleans[lowerCase] ?? text
  if (variable?.unit !== undefined) return String(parseDuration(text) ?? text)
  if (/(?:^|_)HOST$/.test(name)) return withoutBrackets(text)
  const { enum: words } = variable ?? {}
  return words !== undefined && !words.includes(text) && words.includes(lowerCase) ? lowerCase : text
}

/** An IPv6 address as URLs write it: `[::1]`. */
function withoutBrackets(text: string): string {
  const address = /^\[(.*)\]$/.exec(text)?.[1]
  return address !== undefined && isIP(address) === 6 ? address : text
}

/** The address of a Service as Kubernetes and Docker's links set it, in place of a port. */
export const isServiceLink = (name: string, value: string, variable: VariableSchema | undefined): boolean =>
  (variable?.type === 'integer' || variable?.type === 'number' || /(?:^|_)PORT$/.test(name)) &&
  /^(?:tcp|udp|sctp):\/\/.+:\d+$/.test(value)
