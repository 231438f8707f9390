import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { CorsOptions, OriginFunction, OriginRule } from './options.ts'
import { longestOrigin } from './check-origin.ts'

/** What @fastify/cors is given: it asks per request, so that a stranger gets nothing and caches are told. */
export type Decide = (origin: string | undefined, callback: (error: null, allow: boolean) => void) => void

type Origin = CorsOptions['origin']

/** Turns every form of `origin` into one question. `undefined` where `'*'` needs none, false where it is nobody. */
export function decider(fastify: FastifyInstance, origin: Origin): Decide | '*' | false {
  if (origin === undefined || origin === false) return false
  if (origin === '*' || (Array.isArray(origin) && (origin as unknown[]).flat(Infinity).includes('*')))
    return '*'
  if (typeof origin === 'function') return asking(fastify, origin)

  const rules = origin === true ? undefined : ([origin as unknown].flat(Infinity) as OriginRule[])
  const exact = new Set(rules?.filter((rule) => typeof rule === 'string'))
  const patterns = rules?.filter((rule) => rule instanceof RegExp) ?? []
  return (asked, callback) =>
    callback(
      null,
      asked !== undefined &&
        (rules === undefined || exact.has(asked) || patterns.some((pattern) => matches(pattern, asked)))
    )
}

/** The origins that are said by name, and whether there are other ways to be let in. `undefined` where none is by name. */
export function exactOrigins(origin: Origin): { names: readonly string[]; others: boolean } | undefined {
  const rules = [origin as unknown].flat(Infinity)
  const names = rules.filter((rule) => typeof rule === 'string')
  if (names.length === 0 || names.includes('*')) return undefined
  return { names, others: names.length < rules.length }
}

function matches(pattern: RegExp, origin: string): boolean {
  pattern.lastIndex = 0
  return origin.length <= longestOrigin && pattern.test(origin)
}

/** Whatever an app's function does, the answer is yes or no, and comes once. */
function asking(fastify: FastifyInstance, ask: OriginFunction): Decide {
  return (asked, callback) => {
    let open = true
    const answer = (verdict: unknown) => {
      if (!open) return
      open = false
      callback(null, asked !== undefined && allows(verdict, asked))
    }
    const fail = (error: unknown) => {
      refused(fastify.log, error)
      answer(false)
    }
    const done = (error: Error | null, verdict?: unknown) => (error ? fail(error) : answer(verdict))
    try {
      const result = ask.call(fastify, asked, done)
      if (isThenable(result)) result.then(answer, fail)
    } catch (error) {
      fail(error)
    }
  }
}

const refused = (log: FastifyBaseLogger, error: unknown): void =>
  log.debug({ err: error }, 'security: the function for CORS origins threw; the origin gets no headers')

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'

/** @fastify/cors takes the same verdicts: a truth, a name, a pattern, a list of those. */
function allows(verdict: unknown, origin: string): boolean {
  if (Array.isArray(verdict)) return verdict.some((entry) => allows(entry, origin))
  if (typeof verdict === 'string') return verdict === origin || verdict === '*'
  if (verdict instanceof RegExp) return matches(verdict, origin)
  return Boolean(verdict)
}
