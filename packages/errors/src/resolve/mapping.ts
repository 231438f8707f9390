import type { FastifyRequest } from 'fastify'
import { optionChecks, type OptionChecks } from '@seaworthy/internal'
import { AppError, isAppError, type AppErrorOptions } from '../classes/app-error.ts'
import { isErrorStatus, maskedMessage } from '../classes/status.ts'
import { atOnce } from '../options-at-once.ts'
import { isErrorLike, isInstance } from '../thrown/error-like.ts'

/**
 * A class of errors.
 *
 * @example
 * class DriverError extends Error {}
 * const match: ErrorClass = DriverError
 * await app.register(errors, { map: [{ match, to: 503 }] })
 */
export type ErrorClass = abstract new (...args: never[]) => object

/**
 * The response to a mapped error: see {@link ErrorMapping}.
 *
 * @example
 * const to: MappedError = { statusCode: 409, code: 'DUPLICATE', message: 'It exists already' }
 * await app.register(errors, { map: [{ match: '23505', to }] })
 */
export type MappedError = AppErrorOptions & {
  /**
   * The message for the client, sent with any status.
   *
   * @defaultValue The status in words
   */
  message?: string | undefined
}

/**
 * A rule that gives errors of other libraries a response: a database driver's, an HTTP client's.
 *
 * @example
 * const down: ErrorMapping = { match: 'ECONNREFUSED', to: { statusCode: 503, code: 'DATABASE_DOWN' } }
 * await app.register(errors, { map: [down] })
 */
export interface ErrorMapping {
  /** A class (matched with `instanceof`), the `code` of an error, or a function that returns `true` for a match. */
  match: ErrorClass | string | ((error: unknown) => boolean)
  /**
   * A status, options of the response, an error class of this package whose constructor needs no argument
   * (`ConflictError`), or a function that returns a status, options or an error. If a function returns `undefined`, the
   * next rule is evaluated. The original error becomes the `cause`, for the log. Functions return at once: a promise
   * makes the response a 500.
   */
  to:
    | number
    | MappedError
    | (new () => AppError)
    | ((error: unknown, request: FastifyRequest) => AppError | MappedError | number | undefined)
}

/** A checked {@link ErrorMapping}. */
export interface CompiledMapping {
  matches: (error: unknown) => boolean
  /** Makes what a matching error becomes. `undefined`: the next rule is evaluated. */
  convert: (error: unknown, request: FastifyRequest) => unknown
}

const check: OptionChecks = optionChecks('errors')
const members = Object.keys({ match: true, to: true } satisfies Record<keyof ErrorMapping, true>)

/** Checks the rules of the option `map`. */
export function compileMappings(rules: unknown): CompiledMapping[] {
  if (!Array.isArray(rules)) check.fail('map', 'an array of { match, to }', rules)
  return (rules as unknown[]).map((rule, index) => {
    const option = `map[${index}]`
    if (typeof rule !== 'object' || rule === null) return check.fail(option, '{ match, to }', rule)
    check.keys(option, rule, members)
    const { match, to } = rule as ErrorMapping
    return { matches: compileMatch(match, `${option}.match`), convert: compileTarget(to, `${option}.to`) }
  })
}

function compileTarget(to: unknown, option: string): CompiledMapping['convert'] {
  if (isClass(to)) {
    const make = checkTargetClass(to, option)
    return (error) => withCause(make(), error)
  }
  if (typeof to === 'function') return to as CompiledMapping['convert']
  const status = typeof to === 'object' && to !== null ? ((to as MappedError).statusCode ?? 500) : to
  if (!isErrorStatus(status)) {
    check.fail(option, 'a status from 400 to 599, { statusCode, … }, an error class or a function', status)
  }
  return () => to
}

/** Makes one error at start: a class that needs arguments would fail, or send `undefined`, on each request. */
function checkTargetClass(type: ErrorClass, option: string): () => AppError {
  const make = () => new (type as unknown as new () => AppError)()
  let made: unknown
  try {
    made = type.length === 0 ? make() : undefined
  } catch {
    // The message below says what to do.
  }
  if (!isAppError(made)) {
    check.fail(
      option,
      `an error class of this package whose constructor needs no argument, or a function such as (error) => new ${type.name}(…)`,
      type.name
    )
  }
  return make
}

function withCause(error: AppError, cause: unknown): AppError {
  if (error.cause === undefined) {
    Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
  }
  return error
}

/** The error that the first matching rule makes. Throws what a rule throws. */
export function applyMapping(
  rules: readonly CompiledMapping[],
  error: unknown,
  request: FastifyRequest
): AppError | undefined {
  for (const { matches, convert } of rules) {
    if (!atOnce<unknown>(matches(error), 'map')) continue
    const result = atOnce(convert(error, request), 'map')
    if (result === undefined) continue
    if (isErrorLike(result)) return result as AppError
    const { message, ...options } = (
      typeof result === 'number' ? { statusCode: result } : result
    ) as MappedError
    // The rule's message is written for clients, so it is exposed.
    return new AppError(message ?? maskedMessage(options.statusCode ?? 500), {
      expose: true,
      cause: error,
      ...options
    })
  }
  return undefined
}

function compileMatch(match: unknown, option: string): CompiledMapping['matches'] {
  if (typeof match === 'string' && match !== '') {
    return (error) => typeof error === 'object' && error !== null && 'code' in error && error.code === match
  }
  if (isClass(match)) return (error) => isInstance(error, match)
  if (typeof match === 'function') return match as (error: unknown) => boolean
  return check.fail(option, 'an error class, a code or a function', match)
}

const isClass = (value: unknown): value is ErrorClass =>
  typeof value === 'function' &&
  typeof value.prototype === 'object' &&
  value.prototype !== null &&
  (value.prototype instanceof Error ||
    value === Error ||
    /^class\b/.test(Function.prototype.toString.call(value)))
