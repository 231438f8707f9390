import type { FastifyRequest } from 'fastify'
import { optionChecks, type OptionChecks } from '@seaworthy/internal'
import { AppError, type AppErrorOptions } from '../classes/app-error.ts'
import { isErrorStatus, maskedMessage } from '../classes/status.ts'

/** A class of errors. */
export type ErrorClass = abstract new (...args: never[]) => object

/** The response to a mapped error: see {@link ErrorMapping}. */
export type MappedError = AppErrorOptions & {
  /**
   * The message for the client, sent with any status.
   *
   * @defaultValue The status in words
   */
  message?: string | undefined
}

/** A rule that gives errors of other libraries a response: a database driver's, an HTTP client's. */
export interface ErrorMapping {
  /** A class (matched with `instanceof`), the `code` of an error, or a function. */
  match: ErrorClass | string | ((error: unknown) => boolean)
  /**
   * A status, options of the response, or a function that returns one of these or an error. If a function returns
   * `undefined`, the next rule is evaluated. The original error becomes the `cause`, for the log.
   */
  to:
    | number
    | MappedError
    | ((error: unknown, request: FastifyRequest) => AppError | MappedError | number | undefined)
}

/** A checked {@link ErrorMapping}. */
export interface CompiledMapping {
  matches: (error: unknown) => boolean
  to: ErrorMapping['to']
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
    const status = typeof to === 'object' && to !== null ? (to.statusCode ?? 500) : to
    if (typeof to !== 'function' && !isErrorStatus(status)) {
      check.fail(`${option}.to`, 'a status from 400 to 599, { statusCode, … } or a function', status)
    }
    return { matches: compileMatch(match, `${option}.match`), to }
  })
}

/** The error that the first matching rule makes. Throws what a rule throws. */
export function applyMapping(
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
  if (isClass(match)) return (error) => error instanceof match
  if (typeof match === 'function') return match as (error: unknown) => boolean
  return check.fail(option, 'an error class, a code or a function', match)
}

const isClass = (value: unknown): value is ErrorClass =>
  typeof value === 'function' &&
  typeof value.prototype === 'object' &&
  (value.prototype instanceof Error ||
    value === Error ||
    /^class\b/.test(Function.prototype.toString.call(value)))
