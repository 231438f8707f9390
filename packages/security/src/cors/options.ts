import type { FastifyCorsOptions } from '@fastify/cors'
import safeRegex from 'safe-regex2'
import { check, given, section } from '../check.ts'

/** One origin, or a pattern of them. Patterns must be anchored: `/^https:\/\/[a-z]+\.example\.com$/`. */
export type OriginRule = string | RegExp

/** Decides about an origin, in the callback style or as a promise. An error is a no. */
export type OriginFunction = (
  origin: string | undefined,
  callback: (error: Error | null, allow?: unknown) => void
) => unknown

/** Options of `cors`: all of @fastify/cors', checked. Without `origin` no other origin may read anything. */
export interface CorsOptions extends Omit<FastifyCorsOptions, 'origin' | 'delegator'> {
  /**
   * Who may read answers: origins, anchored patterns, a function. `true` is everybody, by their own name; `'*'` is
   * everybody, and excludes `credentials`. `false` is nobody but the service's own pages.
   *
   * @defaultValue false
   * @throws RangeError for a pattern that is not anchored, and for everybody together with `credentials`.
   */
  origin?: boolean | OriginRule | readonly OriginRule[] | OriginFunction | undefined
  /**
   * Gives the options per request, as `@fastify/cors` has it: `(request, callback)` or a promise.
   *
   * @defaultValue none
   */
  delegator?: FastifyCorsOptions['delegator']
}

const keys = [
  'origin',
  'delegator',
  'hook',
  'credentials',
  'exposedHeaders',
  'allowedHeaders',
  'methods',
  'maxAge',
  'cacheControl',
  'preflightContinue',
  'optionsSuccessStatus',
  'preflight',
  'strictPreflight',
  'hideOptionsRoute',
  'logLevel'
]

/** Refuses what cannot be meant. `option` is where the options came from. */
export function checkCors(option: string, options: CorsOptions): CorsOptions {
  section(option, options)
  const known = given(options)
  check.known(option, known, keys)
  const { origin, credentials, maxAge, hook } = known
  const rules: readonly unknown[] = Array.isArray(origin) ? origin : [origin]
  for (const rule of rules) checkRule(`${option}.origin`, rule)
  if (credentials !== undefined) check.boolean(`${option}.credentials`, credentials)
  if (maxAge !== undefined) check.integer(`${option}.maxAge`, maxAge, { min: 0, unit: 'seconds' })
  if (hook !== undefined) {
    check.oneOf(`${option}.hook`, hook, [
      'onRequest',
      'preParsing',
      'preValidation',
      'preHandler',
      'preSerialization'
    ])
  }
  if (credentials && rules.some((rule) => rule === true || rule === '*')) {
    throw new RangeError(
      `security: "${option}.origin" must be a list of origins where "${option}.credentials" is on: any site could act for its visitors`
    )
  }
  return known
}

function checkRule(option: string, rule: unknown): void {
  if (rule === undefined || typeof rule === 'boolean' || typeof rule === 'function' || rule === '*') return
  if (rule instanceof RegExp) return checkPattern(option, rule)
  const valid = typeof rule === 'string' && (rule === 'null' || isOrigin(rule))
  if (!valid)
    check.fail(option, "an origin such as 'https://app.example.com', an anchored RegExp or a function", rule)
}

function isOrigin(text: string): boolean {
  // `https://example.com/` and `example.com` match no browser's Origin header, ever.
  return URL.canParse(text) && /^[a-z][a-z\d+.-]*:\/\/[^/?#\s@]+$/i.test(text)
}

function checkPattern(option: string, { source, flags }: RegExp): void {
  const outside = source.replace(/\\.|\[(?:\\.|[^\]\\])*\]/g, '').replace(/\((?:[^()]|\([^()]*\))*\)/g, '')
  const anchored = source.startsWith('^') && /(?:^|[^\\])(?:\\\\)*\$$/.test(source)
  if (!anchored || flags.includes('m') || outside.includes('|')) {
    check.fail(option, 'anchored, as in /^https:\\/\\/[a-z]+\\.example\\.com$/', `/${source}/${flags}`)
  }
  if (!safeRegex(source)) check.fail(option, 'a pattern that cannot be made to backtrack', `/${source}/`)
}
