/**
 * The id of a user: `sub`, the claim of tokens, else `id`, as apps name it. One person has one id for limits, tracking,
 * sessions and revocation. `undefined` if there is neither.
 */
export function subjectOf(user: unknown): string | undefined {
  if (typeof user !== 'object' || user === null) return undefined
  const { sub, id } = user as { sub?: unknown; id?: unknown }
  const subject = sub ?? id
  return typeof subject === 'string' || typeof subject === 'number' || typeof subject === 'bigint'
    ? String(subject)
    : undefined
}
