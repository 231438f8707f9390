import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createHeaderBlock, type HeaderBlock } from '../prepared-headers/header-block.ts'
import { bindHeaderSlot } from '../prepared-headers/set-block.ts'
import type { CorsOptions } from './options.ts'
import { listedOrigins } from './origin-function.ts'

/** The header of responses that depend on the origin, for one that gets no other: a `Vary` of the route keeps it. */
export const varyByOrigin: HeaderBlock = createHeaderBlock({ vary: 'Origin' })

/** Sets the CORS headers of a request that is no preflight. `false`: @fastify/cors has to decide. */
export type SetListedOrigin = (request: FastifyRequest, reply: FastifyReply) => boolean

/**
 * Prepares the headers of origins that are listed by name. Most requests come from one of those or from a disallowed
 * origin, and their headers are known at the start. `undefined` if each request has to be evaluated.
 */
export function prepareListedOrigins(
  fastify: FastifyInstance,
  options: CorsOptions
): SetListedOrigin | undefined {
  const { hook = 'onRequest', delegator, credentials, exposedHeaders } = options
  const origins = listedOrigins(options.origin)
  if (hook !== 'onRequest' || delegator !== undefined || origins === undefined) return undefined

  const blocks = new Map<string, HeaderBlock>()
  for (const origin of origins.names) {
    const headers: Record<string, string> = { vary: 'Origin', 'access-control-allow-origin': origin }
    if (credentials) headers['access-control-allow-credentials'] = 'true'
    if (exposedHeaders) headers['access-control-expose-headers'] = [exposedHeaders].flat().join(', ')
    blocks.set(origin, createHeaderBlock(headers))
  }
  const setBlock = bindHeaderSlot(fastify, 'cors')

  return ({ headers: { origin }, raw, routeOptions }, reply) => {
    const { cors } = routeOptions.config as { cors?: unknown }
    if (cors !== undefined || raw.method === 'OPTIONS' || reply.hasHeader('vary')) return false
    const block = origin === undefined ? undefined : blocks.get(origin)
    if (block === undefined && origins.others && origin !== undefined) return false
    setBlock(reply, block ?? varyByOrigin)
    return true
  }
}
