import { nearest, optionChecks } from '@seaworthy/internal'
import type { RoleName } from '../types/names.ts'

/** Role names, or each role with those that it includes. */
export type RolesOption = readonly RoleName[] | Readonly<Record<RoleName, readonly RoleName[]>>

export interface Roles {
  /** Which roles satisfy a demand for any of `wanted`: those, and all that include one of them. */
  satisfying(wanted: readonly string[]): ReadonlySet<string>
  readonly names: readonly string[]
}

const check = optionChecks('auth')

/** Checks the hierarchy (known names, no cycle) and turns it round. */
export function compileRoles(option: RolesOption | undefined): Roles {
  if (option === undefined) return { names: [], satisfying: (wanted) => new Set(wanted) }
  if (typeof option !== 'object' || option === null)
    return check.fail('roles', 'role names, or roles with those they include', option)
  const graph = new Map<string, readonly string[]>(
    Array.isArray(option) ? (option as string[]).map((name) => [name, []]) : Object.entries(option)
  )
  const names = [...graph.keys()]
  const known = (at: string, name: string): void => {
    if (graph.has(name)) return
    const near = nearest(name, names)
    check.fail(at, `a role of "roles"${near === undefined ? '' : ` (did you mean "${near}"?)`}`, name)
  }
  for (const [name, included] of graph) {
    if (!Array.isArray(included)) check.fail(`roles.${name}`, 'a list of roles', included)
    for (const entry of included) known(`roles.${name}`, entry)
  }
  // What each role includes, itself too.
  const closure = new Map(names.map((name) => [name, reach(graph, name)]))

  return {
    names,
    satisfying(wanted) {
      for (const name of wanted) known('authorize', name)
      return new Set(names.filter((name) => wanted.some((entry) => closure.get(name)!.has(entry))))
    }
  }
}

function reach(graph: ReadonlyMap<string, readonly string[]>, start: string): Set<string> {
  const seen = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) check.fail('roles', 'without a cycle', [...path, name].join(' → '))
    if (seen.has(name)) return
    seen.add(name)
    for (const entry of graph.get(name) ?? []) visit(entry, [...path, name])
  }
  visit(start, [])
  return seen
}
