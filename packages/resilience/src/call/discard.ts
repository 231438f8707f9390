/** Releases the connection of a response that has no reader. */
export function discard(value: unknown): void {
  if (value instanceof Response) value.body?.cancel().catch(() => undefined)
}
