import type { SchemeName } from '../core/identity.ts'
import type { Requirement } from '../policy/requirement.ts'
import { branchesOf } from '../schemes/expression.ts'
import type { SchemeExpression } from '../schemes/types.ts'

/** Schemes that are needed together. */
export type Alternative = readonly SchemeName[]

/** Leaves out alternatives that need more than another one: beside `jwt`, `jwt and apiKey` is superfluous. */
function withoutSuperfluous(alternatives: readonly Alternative[]): readonly Alternative[] {
  const unique = new Map(alternatives.map((names) => [names.toSorted().join(), names]))
  const all = [...unique.values()]
  const isLess = (less: Alternative, more: Alternative): boolean =>
    less.length < more.length && less.every((name) => more.includes(name))
  return all.filter((names) => !all.some((other) => isLess(other, names)))
}

/** Each alternative of the one with each of the other. */
const both = (first: readonly Alternative[], second: readonly Alternative[]): readonly Alternative[] =>
  withoutSuperfluous(first.flatMap((names) => second.map((more) => [...new Set([...names, ...more])])))

function ofExpression(expression: SchemeExpression): readonly Alternative[] {
  if (typeof expression === 'string') return [[expression]]
  const branches = branchesOf(expression).map(ofExpression)
  const nothing: readonly Alternative[] = [[]]
  return 'all' in expression ? branches.reduce(both, nothing) : withoutSuperfluous(branches.flat())
}

/** The alternatives by which a request meets all requirements of a route. An empty one: without credentials. */
export function alternativesOf(requirements: readonly Requirement[]): readonly Alternative[] {
  const needed = requirements.map(({ schemes }) => ofExpression(schemes))
  const found = needed.reduce(both, [[]])
  return requirements.every(({ optional }) => optional) ? [...found, []] : found
}
