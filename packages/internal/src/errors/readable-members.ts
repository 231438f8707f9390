/** The members of an object that can be read: a getter or a proxy may throw. */
export function readableMembers<Name extends string>(
  object: object,
  names: readonly Name[]
): Partial<Record<Name, unknown>> {
  const members: Partial<Record<Name, unknown>> = {}
  for (const name of names) {
    try {
      members[name] = (object as Record<string, unknown>)[name]
    } catch {
      // The others are still of use.
    }
  }
  return members
}
