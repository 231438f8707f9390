import type { FastifyRequest } from 'fastify'
import { AppError, type AppErrorOptions } from './app-error.ts'
import { maskedMessage, isErrorStatus } from './status.ts'
import { check } from './check.ts'

/** A class of errors. */
export type ErrorClass = abstract new (...args: never[]) => object

/** What an error becomes: see {@link ErrorMapping}. */
export type MappedError = AppErrorOptions & {
  /**
   * What the client reads, whatever the status.
   *
   * @defaultValue The status in words
   */
  message?: string | undefined
}

/** Makes an answer of an error that is not ours: a database driver's, an HTTP client's. */
export interface ErrorMapping {
  /** A class, an error's `code`, or a function. Classes are matched with `instanceof`. */
  match: ErrorClass | string | ((error: unknown) => boolean)
  /**
   * A status, what to say, or what makes an error of it. The original stays its `cause`, for the log.
   * `undefined` from a function: the next rule.
   */
  to:
    | number
    | MappedError
    | ((error: unknown, request: FastifyRequest) => AppError | MappedError | number | undefined)
}

export interface CompiledMapping {
  matches: (error: unknown) => boolean
  to: ErrorMapping['to']
}

const isClass = (value: unknown): value is ErrorClass =>
  typeof value === 'function' &&
  typeof value.prototype === 'object' &&
  (value.prototype instanceof Error ||
    value === Error ||
    /^class\b/.test(Function.prototype.toString.call(value)))

function matcher(match: unknown, option: string): CompiledMapping['matches'] {
  if (typeof match === 'string' && match !== '') {
    return (error) => typeof error === 'object' && error !== null && 'code' in error && error.code === match
  }
  if (isClass(match)) return (error) => error instanceof match
  if (typeof match === 'function') return match as (error: unknown) => boolean
  return check.fail(option, 'an error class, a code or a function', match)
}

export function compileMappings(given: unknown): CompiledMapping[] {
  if (!Array.isArray(given)) check.fail('map', 'an array of { match, to }', given)
  return (given as unknown[]).map((entry, index) => {
    const option = `map[${index}]`
    if (typeof entry !== 'object' || entry === null) return check.fail(option, '{ match, to }', entry)
    check.keys(option, entry, ['match', 'to'])
    const { match, to } = entry as ErrorMapping
    const status = typeof to === 'object' && to !== null ? (to.statusCode ?? 500) : to
    if (typeof to !== 'function' && !isErrorStatus(status)) {
      check.fail(`${option}.to`, 'a status from 400 to 599, { statusCode, … } or a function', status)
    }
    return { matches: matcher(match, `${option}.match`), to }
  })
}

/** The mapped error, if a rule applies. May throw what a rule throws. */
export function mapped(
  rules: readonly CompiledMapping[],
  error: unknown,
  request: FastifyRequest
): AppError | undefined {
  for (const { matches, to } of rules) {
    if (!matches(error)) continue
    const result = typeof to === 'function' ? to(error, request) : to
    if (result === undefined) continue
    if (result instanceof Error) return result
    const { message, ...options } = typeof result === 'number' ? { statusCode: result } : result
    // Written for clients, in the rule: shown.
    return new AppError(message ?? maskedMessage(options.statusCode ?? 500), {
      expose: true,
      cause: error,
      ...options
    })
  }
  return undefined
}
