import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { ErrorHeaders } from './app-error.ts'

/** What describes the body that will not be sent, or would let a cache keep the error in its place. */
const ofAnotherBody: ReadonlySet<string> = new Set([
  'etag',
  'last-modified',
  'expires',
  'content-encoding',
  'content-disposition',
  'content-range',
  'accept-ranges',
  'cache-control'
])

/** What frames the message: never an error's to say. */
const framing = new Set(['content-length', 'content-type', 'transfer-encoding', 'connection', 'trailer'])

export function dropStaleHeaders(reply: FastifyReply): void {
  // There are few, and most often none of these: one look at what is there is the cheapest.
  for (const name in reply.getHeaders()) {
    if (!ofAnotherBody.has(name)) continue
    reply.removeHeader(name)
    // A stream's headers are on the raw response already, where Fastify before 5.12 leaves them.
    if (!reply.raw.headersSent) reply.raw.removeHeader(name)
  }
}

/** An error's own headers. One that HTTP doesn't allow is left out, and the answer goes without it. */
export function setErrorHeaders(reply: FastifyReply, headers: ErrorHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    if (framing.has(name.toLowerCase()) || !isHeader(name, value)) continue
    reply.header(name, value)
  }
}

function isHeader(name: string, value: unknown): boolean {
  try {
    validateHeaderName(name)
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'string' && typeof one !== 'number') return false
      validateHeaderValue(name, String(one))
    }
    return true
  } catch {
    return false
  }
}

/** Tells caches that the answer depends on a request header. */
export function vary(reply: FastifyReply, name: string): void {
  const present = reply.getHeader('vary')
  if (present === undefined) {
    reply.header('vary', name)
    return
  }
  const names = String(present).split(',')
  if (names.some((one) => one.trim() === '*' || one.trim().toLowerCase() === name.toLowerCase())) return
  reply.header('vary', `${String(present)}, ${name}`)
}
