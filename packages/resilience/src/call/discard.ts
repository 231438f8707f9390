/** Releases the connection of a response that has no reader: of the global class, or of undici's. */
export function discard(value: unknown): void {
  const { body } = (value ?? {}) as { body?: { cancel?: unknown } | null }
  if (body instanceof ReadableStream) body.cancel().catch(() => undefined)
}
