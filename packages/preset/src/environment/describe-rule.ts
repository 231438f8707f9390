import type { VariableSchema } from './types.ts'

/** The rule of a variable, in words. */
export function describeRule({
  type,
  enum: allowed,
  minimum,
  maximum,
  minLength,
  pattern,
  rule,
  unit
}: VariableSchema): string {
  if (rule !== undefined) return rule
  if (allowed !== undefined) return `one of ${allowed.join(', ')}`
  if (type === 'boolean') return 'true or false'
  if (type === 'string') {
    if (minLength !== undefined) return `text of at least ${minLength} characters`
    return pattern === undefined ? 'text' : `text that matches ${pattern}`
  }
  const kind = type === 'integer' ? 'a whole number' : 'a number'
  const range = describeRange(minimum, maximum)
  return unit === undefined ? `${kind}${range}` : `${kind} of ${unit}${range}, or a time such as 30s`
}

function describeRange(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  return minimum === undefined ? '' : ` of at least ${minimum}`
}
