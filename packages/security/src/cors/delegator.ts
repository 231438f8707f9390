import type { FastifyCorsOptions } from '@fastify/cors'
import { isThenable } from '@seaworthy/internal'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { checkCors } from './check-cors.ts'
import type { CorsOptions } from './options.ts'
import { toOfficialOptions } from './official-options.ts'

type Delegator = NonNullable<CorsOptions['delegator']>

/**
 * Binds a delegator: its options for a request, as @fastify/cors has them. If it fails or returns unsafe options, no
 * origin is allowed.
 */
export function bindDelegator(
  fastify: FastifyInstance,
  delegator: Delegator
): (request: FastifyRequest) => Promise<FastifyCorsOptions> {
  const checkedPatterns = new Set<string>()
  return async (request) => {
    try {
      const options = await optionsOf(delegator, request)
      if (options === false) return { origin: false }
      return toOfficialOptions(fastify, checkCors('cors', options as CorsOptions, checkedPatterns))
    } catch (error) {
      fastify.log.debug(
        { err: error },
        'security: the function "cors.delegator" failed; the response gets no CORS headers'
      )
      return { origin: false }
    }
  }
}

/** The options of a delegator: at once, by a promise, or by its callback. */
const optionsOf = (delegator: Delegator, request: FastifyRequest): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const hasCallback = delegator.length > 1
    const done = (error: Error | null, result?: unknown) => (error ? reject(error) : resolve(result))
    const result = (delegator as (request: FastifyRequest, done: unknown) => unknown)(request, done)
    if (isThenable(result)) {
      // Of an asynchronous function with a callback, the callback counts, unless its promise brings options.
      result.then((value) => (value === undefined && hasCallback ? undefined : resolve(value)), reject)
    } else if (result !== undefined || !hasCallback) {
      // A function without a second parameter has no callback: what it returns is its result.
      resolve(result ?? false)
    }
  })
