import { scrub } from '@seaworthy/internal'

const maxDepth = 8
const maxEntries = 50
const maxLength = 200
const redacted = '[redacted]'

/** Names of objects and lists in which all texts may be secrets, whatever their names are. */
const secretContainers =
  /^(?:.*secrets?|.*keys?|.*passwords?|.*credentials?|.*tokens?|users?|clients?|dsn|headers)$/i

/** Letters and digits without a break, as keys have them. A name of a host or a path has breaks. */
const looksLikeKey = (text: string): boolean =>
  /[\w+/=~-]{20,}/.test(text) && /\d/.test(text) && /[a-z]/i.test(text)

/**
 * Options for operators to see: texts by which an operator knows a setting, and none that may be a secret. That is one
 * by its name, by the name of what holds it, or by its look; of addresses, user and password are left out.
 */
export function redactOptions(value: unknown, name = '', isSecret = false, depth = 0): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value
  const hides = isSecret || scrub().namesSecret(name)
  if (typeof value === 'number') return scrub().namesSecret(name) ? redacted : value
  if (typeof value === 'string') return textOf(value, hides || secretContainers.test(name))
  if (typeof value !== 'object') return `[${typeof value}]`
  if (depth === maxDepth) return '[…]'
  const holdsSecrets = isSecret || (secretContainers.test(name) && !isHeaderPolicy(name, depth))
  if (Array.isArray(value)) {
    const hidesEntries = holdsSecrets || scrub().namesSecret(name)
    return value.slice(0, maxEntries).map((entry) => redactOptions(entry, '', hidesEntries, depth + 1))
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor?.name || 'object'}]`
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, redactOptions(entry, key, holdsSecrets, depth + 1)])
  )
}

/** `security.headers` has policies; the headers of an exporter often have its key. */
const isHeaderPolicy = (name: string, depth: number): boolean => name === 'headers' && depth === 2

function textOf(text: string, isSecret: boolean): string {
  if (isSecret || looksLikeKey(text)) return redacted
  return scrub().scrubAndCut(text, maxLength)
}
