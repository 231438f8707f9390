import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { ErrorHeaders } from '../classes/app-error.ts'

/**
 * Headers that describe the body that is replaced, that would let a cache store the error in its place, or that would
 * have a proxy send a file instead.
 */
const bodyHeaders: ReadonlySet<string> = new Set([
  'etag',
  'last-modified',
  'expires',
  'age',
  'content-encoding',
  'content-disposition',
  'content-range',
  'content-language',
  'content-location',
  'content-md5',
  'content-digest',
  'repr-digest',
  'digest',
  'accept-ranges',
  'surrogate-control',
  'edge-control',
  'x-accel-redirect',
  'x-accel-expires',
  'x-sendfile'
])

/** Headers that frame the message. An error must not set them. */
const framingHeaders: ReadonlySet<string> = new Set([
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'trailer'
])

/** The `Cache-Control` of errors, unless the app has set a value that forbids storing too. */
const noStore = 'no-store'

const forbidsStoring = (value: unknown): value is string =>
  typeof value === 'string' && /(?:^|[\s,])no-store(?:$|[\s,])/i.test(value)

/** The `Cache-Control` of an error: the reply's, if it forbids storing, else `no-store`. */
export function cacheControl(reply: FastifyReply): string {
  const current = reply.getHeader('cache-control')
  return forbidsStoring(current) ? current : noStore
}

/** RFC 9213: a cache of its own name obeys it before `cache-control`. */
const isTargeted = (name: string): boolean => name.endsWith('-cache-control')

/** Keeps `onSend` hooks, which set the headers of all responses, from letting caches store this one. */
export function forbidStoring(reply: FastifyReply): void {
  reply.header = headerOfError as FastifyReply['header']
}

function headerOfError(this: FastifyReply, name: string, value: unknown): FastifyReply {
  const lowerCase = name.toLowerCase()
  if (lowerCase === 'cache-control' ? !forbidsStoring(value) : isTargeted(lowerCase)) return this
  const { header } = Object.getPrototypeOf(this) as FastifyReply
  return header.call(this, name, value)
}

/** Removes the headers of the body that is replaced, and forbids to store the error. */
export function dropStaleHeaders(reply: FastifyReply): void {
  reply.header('cache-control', cacheControl(reply))
  // A reply has few headers, and most often none of these: one pass over them is cheapest.
  for (const name in reply.getHeaders()) {
    if (!bodyHeaders.has(name) && !isTargeted(name)) continue
    reply.removeHeader(name)
    // Fastify before 5.12 leaves a stream's headers on the raw response.
    if (!reply.raw.headersSent) reply.raw.removeHeader(name)
  }
}

/** Sets the headers of an error. One that HTTP does not allow is left out. */
export function setErrorHeaders(reply: FastifyReply, headers: ErrorHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    if (framingHeaders.has(name.toLowerCase()) || !isHeader(name, value)) continue
    reply.header(name, value)
  }
}

function isHeader(name: string, value: unknown): boolean {
  try {
    validateHeaderName(name)
    for (const item of Array.isArray(value) ? value : [value]) {
      if (typeof item !== 'string' && typeof item !== 'number') return false
      validateHeaderValue(name, String(item))
    }
    return true
  } catch {
    return false
  }
}

/** Adds a request header to `Vary`, so that caches keep responses apart. */
export function addVary(reply: FastifyReply, name: string): void {
  const current = reply.getHeader('vary')
  if (current === undefined) {
    reply.header('vary', name)
    return
  }
  const names = String(current).split(',')
  if (names.some((item) => item.trim() === '*' || item.trim().toLowerCase() === name.toLowerCase())) return
  reply.header('vary', `${String(current)}, ${name}`)
}
