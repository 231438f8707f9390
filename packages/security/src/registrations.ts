/**
 * Adds what one registration of a plugin knows to what the others in the app know, those in scopes included: of two
 * metrics with one name, only the first is collected.
 *
 * @returns All of them, also those that are added later.
 */
export function joinRegistrations<T>({ server }: { server: object }, key: symbol, entry: T): readonly T[] {
  const joined = server as { [key: symbol]: T[] | undefined }
  const all = (joined[key] ??= [])
  all.push(entry)
  return all
}
