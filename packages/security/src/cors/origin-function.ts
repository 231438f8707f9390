import { isThenable } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { maxOriginLength } from './check-origin.ts'
import type { CorsOptions, OriginFunction, OriginRule } from './options.ts'

/**
 * The function that @fastify/cors calls per request. Disallowed origins receive no CORS headers, and `Vary` keeps
 * caches from mixing responses.
 */
export type AllowOrigin = (
  origin: string | undefined,
  callback: (error: null, allow: boolean) => void
) => void

type Origin = CorsOptions['origin']

/**
 * Turns every form of the option `origin` into one function; `'*'` and `false` need none.
 *
 * @param allowsNone - Whether a request without an origin may pass: with `strictPreflight: false` it can be a preflight.
 */
export function toOriginFunction(
  fastify: FastifyInstance,
  origin: Origin,
  allowsNone: boolean
): AllowOrigin | '*' | false {
  if (origin === undefined || origin === false) return false
  if (origin === '*' || (Array.isArray(origin) && (origin as unknown[]).flat(Infinity).includes('*')))
    return '*'
  if (typeof origin === 'function') return wrapOriginFunction(fastify, origin, allowsNone)

  const rules = origin === true ? undefined : ([origin as unknown].flat(Infinity) as OriginRule[])
  const names = new Set(rules?.filter((rule) => typeof rule === 'string'))
  const patterns = rules?.filter((rule) => rule instanceof RegExp) ?? []
  return (requested, callback) =>
    callback(
      null,
      requested === undefined
        ? allowsNone
        : rules === undefined ||
            names.has(requested) ||
            patterns.some((pattern) => matches(pattern, requested))
    )
}

/** The origins that are listed by name, and whether patterns allow others. `undefined` if none is listed by name. */
export function listedOrigins(origin: Origin): { names: readonly string[]; others: boolean } | undefined {
  const rules = [origin as unknown].flat(Infinity)
  const names = rules.filter((rule) => typeof rule === 'string')
  if (names.length === 0 || names.includes('*')) return undefined
  return { names, others: names.length < rules.length }
}

function matches(pattern: RegExp, origin: string): boolean {
  // A pattern with the flag `g` or `y` starts where it ended.
  pattern.lastIndex = 0
  return origin.length <= maxOriginLength && pattern.test(origin)
}

/** Calls back once with a boolean, even if the app's function throws, rejects or calls back twice. */
function wrapOriginFunction(
  fastify: FastifyInstance,
  allowOrigin: OriginFunction,
  allowsNone: boolean
): AllowOrigin {
  return (requested, callback) => {
    let settled = false
    const settle = (result: unknown) => {
      if (settled) return
      settled = true
      callback(null, requested === undefined ? allowsNone && Boolean(result) : allows(result, requested))
    }
    const fail = (error: unknown) => {
      fastify.log.debug(
        { err: error },
        'security: the function "cors.origin" failed; the response gets no CORS headers'
      )
      settle(false)
    }
    const done = (error: Error | null, result?: unknown) => (error ? fail(error) : settle(result))
    try {
      const result = allowOrigin.call(fastify, requested, done)
      if (isThenable(result))
        // Of an asynchronous function with a callback, the callback counts, unless its promise brings a result.
        result.then(
          (value) => (value === undefined && allowOrigin.length > 1 ? undefined : settle(value)),
          fail
        )
      // A function without a second parameter has no callback: what it returns is its result. Of one with a callback,
      // `false` is one too (`list.includes(origin) && callback(null, true)`); anything else may be a result by chance.
      else if (allowOrigin.length < 2 ? result !== undefined || allowOrigin.length === 1 : result === false)
        settle(result)
    } catch (error) {
      fail(error)
    }
  }
}

/** The results that @fastify/cors takes: a boolean, an origin, a pattern, a list of those. */
function allows(result: unknown, origin: string): boolean {
  if (Array.isArray(result)) return result.some((entry) => allows(entry, origin))
  if (typeof result === 'string') return result === origin || result === '*'
  if (result instanceof RegExp) return matches(result, origin)
  return Boolean(result)
}
