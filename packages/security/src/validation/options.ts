import { withoutRegisterOptions } from '@seaworthy/internal'
import { check, given, section } from '../option-checks.ts'

/** What comes in from outside. */
export type Boundary = 'body' | 'params' | 'querystring' | 'headers'

/** Options of `validation`. Every one may be left out. */
export interface ValidationOptions {
  /**
   * How deep a body may be nested. Past it: 400.
   *
   * @defaultValue 64
   */
  maxDepth?: number | undefined
  /**
   * How many keys and array items a body may have, and how many parameters a query. Past it: 413.
   *
   * @defaultValue 10000
   */
  maxKeys?: number | undefined
  /**
   * What a route without a schema for something it takes is: one warning at the start, a failed start, or nothing.
   *
   * @defaultValue 'warn'
   */
  onMissingSchema?: 'warn' | 'error' | 'ignore' | undefined
  /**
   * Which boundaries need a schema.
   *
   * @defaultValue ['body', 'params', 'querystring']
   */
  boundaries?: readonly Boundary[] | undefined
  /**
   * What a schema's pattern that an attacker can make run for seconds is: a failed start, or a warning.
   *
   * @defaultValue 'error'
   */
  unsafePatterns?: 'error' | 'warn' | undefined
}

export type ResolvedValidation = { [Key in keyof ValidationOptions]-?: NonNullable<ValidationOptions[Key]> }

const all: readonly Boundary[] = ['body', 'params', 'querystring', 'headers']

/** Fills in the defaults and refuses what cannot work. */
export function resolveValidation(options: ValidationOptions): ResolvedValidation {
  section('validation', options)
  const {
    maxDepth = 64,
    maxKeys = 10_000,
    onMissingSchema = 'warn',
    boundaries = ['body', 'params', 'querystring'],
    unsafePatterns = 'error',
    ...others
  } = withoutRegisterOptions(given(options))
  check.keys('validation', others, ['maxDepth', 'maxKeys', 'onMissingSchema', 'boundaries', 'unsafePatterns'])
  if (!Array.isArray(boundaries)) check.fail('validation.boundaries', 'a list', boundaries)
  return {
    maxDepth: check.integer('validation.maxDepth', maxDepth, { min: 1, max: 1000 }),
    maxKeys: check.integer('validation.maxKeys', maxKeys, { min: 1 }),
    onMissingSchema: check.oneOf('validation.onMissingSchema', onMissingSchema, ['warn', 'error', 'ignore']),
    boundaries: boundaries.map((boundary) => check.oneOf('validation.boundaries', boundary, all)),
    unsafePatterns: check.oneOf('validation.unsafePatterns', unsafePatterns, ['error', 'warn'])
  }
}
