/** The text of whatever was thrown. Never throws. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    // An object without a prototype, or a proxy that throws.
    return 'a value without a text'
  }
}
