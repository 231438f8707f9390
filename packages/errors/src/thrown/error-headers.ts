import type { ErrorHeaders } from '../classes/app-error.ts'

/** Headers that only a server's whole response has: with one of them, the headers are an upstream's. */
const responseHeaders: ReadonlySet<string> = new Set([
  'date',
  'server',
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'set-cookie',
  'via',
  'x-powered-by'
])

/** Whether a value holds all headers of an upstream's response: a `Headers`, an object of Node or of an HTTP client. */
export function isResponseHeaders(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false
  if (Array.isArray(headers) || typeof (headers as { get?: unknown }).get === 'function') return true
  return Object.keys(headers).some((name) => responseHeaders.has(name.toLowerCase()))
}

/**
 * The headers that an error brings (`retry-after`, `allow`), if its maker wrote them. An error of an HTTP client may
 * have those of its response instead, with a cookie of another service.
 */
export function headersOf(error: object): ErrorHeaders | undefined {
  const { headers } = error as { headers?: unknown }
  if (typeof headers !== 'object' || headers === null || isResponseHeaders(headers)) return undefined
  return headers as ErrorHeaders
}
