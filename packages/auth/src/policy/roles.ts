import { check, didYouMean } from '../core/option-checks.ts'
import type { RoleName } from '../types/names.ts'

/**
 * Role names, or each role with those that it includes.
 *
 * @example
 * const roles: RolesOption = { admin: ['editor'], editor: ['reader'], reader: [] }
 * await app.register(auth, { roles })
 */
export type RolesOption = readonly RoleName[] | Readonly<Record<RoleName, readonly RoleName[]>>

export interface Roles {
  /** The roles that grant one of `required`: these, and all that include one of them. */
  rolesGranting(required: readonly string[]): ReadonlySet<string>
  readonly names: readonly string[]
}

/** Checks the hierarchy (existing names, no cycle) and inverts it. */
export function compileRoles(option: RolesOption | undefined): Roles {
  if (option === undefined) return { names: [], rolesGranting: (required) => new Set(required) }
  if (typeof option !== 'object' || option === null)
    return check.fail('roles', 'role names, or roles with those they include', option)
  const graph = new Map<string, readonly string[]>(
    Array.isArray(option) ? (option as string[]).map((name) => [name, []]) : Object.entries(option)
  )
  const names = [...graph.keys()]
  const checkRole = (where: string, name: string): void => {
    if (!graph.has(name)) check.fail(where, `a role of "roles"${didYouMean(name, names)}`, name)
  }
  for (const [name, included] of graph) {
    if (!Array.isArray(included)) check.fail(`roles.${name}`, 'a list of roles', included)
    for (const entry of included) checkRole(`roles.${name}`, entry)
  }
  /** For each role, the roles that it includes, and itself. */
  const closure = new Map(names.map((name) => [name, includedRoles(graph, name)]))

  return {
    names,
    rolesGranting(required) {
      for (const name of required) checkRole('authorize', name)
      return new Set(names.filter((name) => required.some((entry) => closure.get(name)!.has(entry))))
    }
  }
}

function includedRoles(graph: ReadonlyMap<string, readonly string[]>, start: string): Set<string> {
  const included = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) check.fail('roles', 'without a cycle', [...path, name].join(' → '))
    if (included.has(name)) return
    included.add(name)
    for (const entry of graph.get(name) ?? []) visit(entry, [...path, name])
  }
  visit(start, [])
  return included
}
