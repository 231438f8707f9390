import type { SchemeName } from '../core/identity.ts'
import { check } from '../core/option-checks.ts'
import type { SchemeExpression } from './types.ts'

/** The branches of an expression that is not a name. */
export const branchesOf = (expression: Exclude<SchemeExpression, string>): readonly SchemeExpression[] =>
  'all' in expression ? expression.all : 'any' in expression ? expression.any : expression

/** An expression as text, for the matrix: `any(jwt, all(apiKey, session))`. */
export function formatSchemes(expression: SchemeExpression): string {
  if (typeof expression === 'string') return expression
  const branches = branchesOf(expression)
  if (branches.length === 1) return formatSchemes(branches[0]!)
  return `${'all' in expression ? 'all' : 'any'}(${branches.map(formatSchemes).join(', ')})`
}

/** Stops the start if an expression names a scheme that is not configured, or is empty. */
export function checkSchemes(
  option: string,
  expression: SchemeExpression,
  configured: readonly SchemeName[]
): void {
  if (typeof expression === 'string') {
    if (!configured.includes(expression))
      check.fail(option, `one of the configured schemes (${configured.join(', ')})`, expression)
    return
  }
  const branches = branchesOf(expression)
  if (!Array.isArray(branches) || branches.length === 0)
    return check.fail(option, 'a scheme, a list, { any } or { all }', expression)
  for (const branch of branches) checkSchemes(option, branch, configured)
}
