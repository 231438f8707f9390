import type { FastifyCorsOptions } from '@fastify/cors'
import { omitUndefined } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { corsDefaults, type CorsOptions } from './options.ts'
import { toOriginFunction } from './origin-function.ts'

/** The options of @fastify/cors. */
export function toOfficialOptions(
  fastify: FastifyInstance,
  { delegator: _delegator, ...options }: CorsOptions
): FastifyCorsOptions {
  const origin = toOriginFunction(fastify, options.origin, options.strictPreflight === false)
  return { ...corsDefaults, ...omitUndefined(options), origin } as FastifyCorsOptions
}
