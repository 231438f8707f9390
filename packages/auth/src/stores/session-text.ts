import type { StoredSession } from './store.ts'

/** Half a character, which JSON can write and the JSON of Redis cannot read, becomes the sign for one that is unknown. */
const wellFormed = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed() : value

/** A session as Redis stores it. */
export const sessionText = (session: StoredSession): string => JSON.stringify(session, wellFormed)

/** The session of a text. Its time `since` is for the scripts. */
export function sessionIn(text: string): StoredSession {
  const { since: _since, ...session } = JSON.parse(text) as StoredSession & { since?: number }
  return session
}
