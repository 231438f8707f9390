/** Headers of an outgoing request on undici's diagnostics channel. Without them: calls get no ids. */

/** A header of an outgoing request, `undefined` without it. `null` where undici keeps headers in an unknown way. */
export function headerOf(headers: unknown, name: string): string | null | undefined {
  if (Array.isArray(headers)) {
    const at = indexOfHeader(headers, name)
    return at < 0 ? undefined : String(headers[at + 1])
  }
  // Older versions keep them as the text that is sent.
  if (typeof headers !== 'string') return null
  return new RegExp(`^${name}: ?(.*?)\\r?$`, 'im').exec(headers)?.[1]
}

/** Replaces a header that an outgoing request has. Returns whether it could. */
export function replaceHeader(headers: unknown, name: string, value: string): boolean {
  const at = Array.isArray(headers) ? indexOfHeader(headers, name) : -1
  if (at < 0) return false
  ;(headers as unknown[])[at + 1] = value
  return true
}

/**
 * Removes all but the last header of a name, which an instrumentation has added behind one that the call had. Returns
 * whether there were several.
 */
export function keepLastHeader(headers: unknown, name: string): boolean {
  if (!Array.isArray(headers)) return false
  let hadSeveral = false
  for (;;) {
    const first = indexOfHeader(headers, name)
    const next = first < 0 ? -1 : indexOfHeader(headers, name, first + 1)
    if (next < 0) return hadSeveral
    headers.splice(first, 2)
    hadSeveral = true
  }
}

/** Names and values are in turn. */
const indexOfHeader = (headers: readonly unknown[], name: string, from = 0): number =>
  headers.findIndex(
    (entry, index) => index >= from && index % 2 === 0 && String(entry).toLowerCase() === name
  )
