import type { AtLeastOne, NoOptions, Overridable } from '@seaworthy/contract'
import { omitUndefined, optionNames, withoutRegisterOptions } from '@seaworthy/internal'
import type { RouteOptions } from 'fastify'
import { modes, type Mode } from '../mode.ts'
import { check } from '../option-checks.ts'

/**
 * An input of a request.
 *
 * @example
 * const boundaries: readonly Boundary[] = ['body', 'params', 'querystring']
 * await app.register(validation, { boundaries })
 */
export type Boundary = 'body' | 'params' | 'querystring' | 'headers'

/**
 * Options of `validation`.
 *
 * @example
 * const options: ValidationOptions = { onMissingSchema: 'error', maxDepth: 16 }
 * await app.register(validation, options)
 */
export interface ValidationOptions {
  /**
   * Whether requests are rejected. With `'observe'` they are validated as Fastify does without the plugin, and those that
   * `'enforce'` would also reject are logged, without their values. Unsafe patterns and missing schemas are warnings
   * then.
   *
   * @defaultValue 'enforce'
   */
  mode?: Mode | undefined
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
   * The inputs that need a schema. `querystring` and `headers` concern every route, as any request may carry them: add
   * them where each route declares its input.
   *
   * @defaultValue ['body', 'params']
   */
  boundaries?: readonly Boundary[] | undefined
  /**
   * Whether a pattern in a schema that a client can make run for seconds stops the start, is a warning, or is ignored:
   * of a route, of the shared schemas that it refers to, and of formats that the app has added. A route can decide
   * otherwise: `config: { validation: { unsafePatterns: 'warn' } }`.
   *
   * @defaultValue 'error'; 'warn' with `mode: 'observe'`
   * @throws Error when the route is added or the app becomes ready, with `'error'`, naming the pattern.
   */
  unsafePatterns?: UnsafePatterns | undefined
  /**
   * Whether types in a JSON body are coerced (`"1"` becomes `1`). Forms, query, parameters and headers are text and are
   * always coerced.
   *
   * @defaultValue false, unless `ajv.customOptions.coerceTypes` of the constructor says otherwise
   */
  coerce?: boolean | undefined
  /**
   * Whether fields that `additionalProperties: false` excludes are rejected or removed.
   *
   * @defaultValue 'reject', unless `ajv.customOptions.removeAdditional` of the constructor says otherwise
   */
  additional?: 'reject' | 'remove' | undefined
}

/**
 * The treatment of a pattern that a client can make run for seconds.
 *
 * @example
 * const unsafePatterns: UnsafePatterns = 'warn'
 * await app.register(validation, { unsafePatterns })
 */
export type UnsafePatterns = 'error' | 'warn' | 'ignore'

/**
 * Options of `config.validation` of a route, in place of the plugin's.
 *
 * @example
 * const options: RouteValidationOptions = { unsafePatterns: 'warn' }
 * console.log(options)
 */
export interface RouteValidationOptions {
  /**
   * Whether an unsafe pattern in the route's schema stops the start, is a warning, or is ignored.
   *
   * @defaultValue none: the plugin's applies
   */
  unsafePatterns?: UnsafePatterns | undefined
}

/**
 * A route's `config.validation`.
 *
 * @example
 * const validation: RouteValidation = { unsafePatterns: 'warn' }
 * app.post('/search', { config: { validation } }, async () => [])
 */
export type RouteValidation = AtLeastOne<RouteValidationOptions> | NoOptions

interface ValidationConfig {
  /** The route's validation, on top of the plugin's. */
  validation?: Overridable<this, RouteValidation>
}

declare module 'fastify' {
  interface FastifyContextConfig extends ValidationConfig {}
}

type Optional = 'coerce' | 'additional'
export type ResolvedValidation = {
  [Key in Exclude<keyof ValidationOptions, Optional>]-?: NonNullable<ValidationOptions[Key]>
} & Pick<ValidationOptions, Optional>

const defaults = {
  mode: 'enforce',
  maxDepth: 64,
  maxKeys: 10_000,
  onMissingSchema: 'warn',
  boundaries: ['body', 'params'],
  unsafePatterns: 'error'
} as const satisfies ValidationOptions

const names = optionNames<ValidationOptions>({
  mode: true,
  maxDepth: true,
  maxKeys: true,
  onMissingSchema: true,
  boundaries: true,
  unsafePatterns: true,
  coerce: true,
  additional: true
})

const unsafePatternsValues = ['error', 'warn', 'ignore'] as const

const allBoundaries: readonly Boundary[] = ['body', 'params', 'querystring', 'headers']

/** Fills in the defaults and rejects invalid options. */
export function resolveValidation(options: ValidationOptions): ResolvedValidation {
  check.object('validation', options, 'an object or false')
  const present = withoutRegisterOptions(omitUndefined(options))
  check.keys('validation', present, names)
  const { maxDepth, maxKeys, boundaries, unsafePatterns, coerce, additional, ...others } = {
    ...defaults,
    ...(present.mode === 'observe' ? { unsafePatterns: 'warn' as const } : {}),
    ...present
  }
  const mode = check.oneOf('validation.mode', others.mode, modes)
  const missing = ['warn', 'error', 'ignore'] as const
  const onMissingSchema = check.oneOf('validation.onMissingSchema', others.onMissingSchema, missing)
  if (!Array.isArray(boundaries)) check.fail('validation.boundaries', 'a list', boundaries)
  return {
    maxDepth: check.integer('validation.maxDepth', maxDepth, { min: 1, max: 1000 }),
    maxKeys: check.integer('validation.maxKeys', maxKeys, { min: 1 }),
    mode,
    onMissingSchema: mode === 'observe' && onMissingSchema === 'error' ? 'warn' : onMissingSchema,
    boundaries: boundaries.map((boundary) => check.oneOf('validation.boundaries', boundary, allBoundaries)),
    unsafePatterns: check.oneOf('validation.unsafePatterns', unsafePatterns, unsafePatternsValues),
    coerce: coerce === undefined ? undefined : check.boolean('validation.coerce', coerce),
    additional:
      additional === undefined
        ? undefined
        : check.oneOf('validation.additional', additional, ['reject', 'remove'] as const)
  }
}

/** The treatment of the unsafe patterns of a route. */
export function routeUnsafePatterns(route: RouteOptions, byDefault: UnsafePatterns): UnsafePatterns {
  const { validation } = (route.config ?? {}) as { validation?: unknown }
  if (validation === undefined) return byDefault
  const option = `validation of ${route.url}`
  check.object(option, validation, 'an object or false')
  check.keys(option, validation as object, ['unsafePatterns'])
  const { unsafePatterns = byDefault } = validation as RouteValidationOptions
  return check.oneOf(`${option}.unsafePatterns`, unsafePatterns, unsafePatternsValues)
}
