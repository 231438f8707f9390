import type { FastifyInstance } from 'fastify'
import { replyOfHelmet, type HelmetReply } from '../internals.ts'
import type { HelmetHeaders } from './helmet-types.ts'

/**
 * The nonces of one request.
 *
 * @example
 * app.get('/', async (_request, reply) => {
 *   const { script }: CspNonce = reply.cspNonce
 *   return reply.type('text/html').send(`<script nonce="${script}">start()</script>`)
 * })
 */
export interface CspNonce {
  script: string
  style: string
}

/** Options for @fastify/helmet: of the plugin, and of a route on top of them. */
export interface HelmetSet {
  readonly plugin: HelmetHeaders
  readonly route: HelmetHeaders
  readonly nonces: boolean
}

/** The headers of a set in the order of @fastify/helmet, and the nonces that are in its policy. */
export interface HelmetResult {
  readonly headers: Readonly<Record<string, string>>
  readonly nonce: CspNonce | undefined
}

/** The headers for options, at once. @throws Error of helmet for options that it rejects. */
export type HeadersOf = (options: HelmetHeaders) => Record<string, string>

/**
 * Runs @fastify/helmet for the headers of options: `reply.helmet`, which it makes for a response that is never ended, is
 * called for each set of options. So the defaults are its own, and the responses of the app are sent without it.
 *
 * @throws Error if this version of it does not write as expected: responses without headers must not go unnoticed.
 */
export async function runHelmet(fastify: FastifyInstance): Promise<HeadersOf> {
  const prepared = headersThrough(await replyOfHelmet(fastify))
  if (prepared !== undefined) return prepared
  const { replyOfOwnApp } = await import('./own-app.ts')
  const headersOf = headersThrough(await replyOfOwnApp())
  if (headersOf === undefined)
    throw new Error('this version of @fastify/helmet does not set its headers at once: install another one')
  return headersOf
}

/** `undefined` for a reply without the method, or with one that does not set headers at once. */
function headersThrough(reply: HelmetReply | undefined): HeadersOf | undefined {
  if (typeof reply?.helmet !== 'function') return undefined
  const { raw } = reply
  const headersOf: HeadersOf = (options) => {
    for (const name of raw.getHeaderNames()) raw.removeHeader(name)
    reply.helmet(options)
    return { ...(raw.getHeaders() as Record<string, string>) }
  }
  return headersOf({})['x-content-type-options'] === 'nosniff' ? headersOf : undefined
}
