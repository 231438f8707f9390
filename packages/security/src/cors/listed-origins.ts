import type { FastifyReply, FastifyRequest } from 'fastify'
import { blockOf, type Block } from '../prepared-headers/header-block.ts'
import { carrier } from '../prepared-headers/set-block.ts'
import type { CorsOptions } from './options.ts'
import { exactOrigins } from './origin-function.ts'

/** Answers a request that is no preflight. False where it cannot say: @fastify/cors then does. */
export type Prepared = (request: FastifyRequest, reply: FastifyReply) => boolean

/**
 * Most requests come from an origin that is on the list, or from a stranger: for both, the headers are known at the
 * start. `undefined` where each request has to be looked at.
 */
export function prepared(options: CorsOptions): Prepared | undefined {
  const { hook = 'onRequest', delegator, credentials, exposedHeaders } = options
  const origins = exactOrigins(options.origin)
  if (hook !== 'onRequest' || delegator !== undefined || origins === undefined) return undefined

  const blocks = new Map<string, Block>()
  for (const origin of origins.names) {
    const headers: Record<string, string> = { 'access-control-allow-origin': origin }
    if (credentials) headers['access-control-allow-credentials'] = 'true'
    if (exposedHeaders) headers['access-control-expose-headers'] = [exposedHeaders].flat().join(', ')
    blocks.set(origin, blockOf(headers))
  }
  const carry = carrier('cors')

  return ({ headers: { origin }, raw, routeOptions }, reply) => {
    const { cors } = routeOptions.config as { cors?: unknown }
    if (cors !== undefined || raw.method === 'OPTIONS' || reply.hasHeader('vary')) return false
    const block = origin === undefined ? undefined : blocks.get(origin)
    if (block === undefined && origins.others && origin !== undefined) return false
    reply.header('vary', 'Origin')
    if (block !== undefined) carry(reply, block)
    return true
  }
}
