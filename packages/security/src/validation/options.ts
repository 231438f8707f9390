import { omitUndefined, withoutRegisterOptions } from '@seaworthy/internal'
import { assertOptionsObject, check } from '../option-checks.ts'

/** An input of a request. */
export type Boundary = 'body' | 'params' | 'querystring' | 'headers'

/** Options of `validation`. */
export interface ValidationOptions {
  /**
   * Levels of nesting of a body, 1 to 1000. A deeper one is answered with 400.
   *
   * @defaultValue 64
   */
  maxDepth?: number | undefined
  /**
   * Keys and array items of a body, and parameters of a query, at least 1. More are answered with 413.
   *
   * @defaultValue 10000
   */
  maxKeys?: number | undefined
  /**
   * Whether a route that accepts input without a schema is reported by one warning at the start, stops the start, or
   * is ignored.
   *
   * @defaultValue 'warn'
   * @throws Error when the app becomes ready, with `'error'`, naming the routes.
   */
  onMissingSchema?: 'warn' | 'error' | 'ignore' | undefined
  /**
   * The inputs that need a schema.
   *
   * @defaultValue ['body', 'params', 'querystring']
   */
  boundaries?: readonly Boundary[] | undefined
  /**
   * Whether a pattern in a schema that a client can make run for seconds stops the start or is a warning.
   *
   * @defaultValue 'error'
   * @throws Error when the route is added, with `'error'`, naming the pattern.
   */
  unsafePatterns?: 'error' | 'warn' | undefined
}

export type ResolvedValidation = { [Key in keyof ValidationOptions]-?: NonNullable<ValidationOptions[Key]> }

const defaults: ResolvedValidation = {
  maxDepth: 64,
  maxKeys: 10_000,
  onMissingSchema: 'warn',
  boundaries: ['body', 'params', 'querystring'],
  unsafePatterns: 'error'
}

const allBoundaries: readonly Boundary[] = ['body', 'params', 'querystring', 'headers']

/** Fills in the defaults and rejects invalid options. */
export function resolveValidation(options: ValidationOptions): ResolvedValidation {
  assertOptionsObject('validation', options)
  const present = withoutRegisterOptions(omitUndefined(options))
  check.keys('validation', present, Object.keys(defaults))
  const { maxDepth, maxKeys, onMissingSchema, boundaries, unsafePatterns } = { ...defaults, ...present }
  if (!Array.isArray(boundaries)) check.fail('validation.boundaries', 'a list', boundaries)
  return {
    maxDepth: check.integer('validation.maxDepth', maxDepth, { min: 1, max: 1000 }),
    maxKeys: check.integer('validation.maxKeys', maxKeys, { min: 1 }),
    onMissingSchema: check.oneOf('validation.onMissingSchema', onMissingSchema, ['warn', 'error', 'ignore']),
    boundaries: boundaries.map((boundary) => check.oneOf('validation.boundaries', boundary, allBoundaries)),
    unsafePatterns: check.oneOf('validation.unsafePatterns', unsafePatterns, ['error', 'warn'])
  }
}
