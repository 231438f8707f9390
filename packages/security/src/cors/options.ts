import type { FastifyCorsOptions } from '@fastify/cors'
import { check, given, section } from '../check.ts'
import { checkRules } from './rules.ts'

/** One origin, or a pattern of them, anchored and with its dots escaped: `/^https:\/\/[a-z]+\.example\.com$/`. */
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
   * everybody, and excludes `credentials`, as `'null'` does. `false` is nobody but the service's own pages.
   *
   * @defaultValue false
   * @throws RangeError for a pattern that lets strangers in, and for everybody together with `credentials`.
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
  const { origin, credentials, maxAge, hook, exposedHeaders } = known
  checkRules(`${option}.origin`, origin)
  if (credentials !== undefined) check.boolean(`${option}.credentials`, credentials)
  for (const name of [exposedHeaders ?? []].flat()) {
    if (typeof name !== 'string' || !/^[\x20-\x7e]+$/.test(name))
      check.fail(`${option}.exposedHeaders`, 'a header name or a list of them', name)
  }
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
  if (credentials && isAnybody(origin)) {
    throw new RangeError(
      `security: "${option}.origin" must be a list of origins where "${option}.credentials" is on: any site could act for its visitors`
    )
  }
  return known
}

/** `'null'` is what the frames and files of all sites say, too. */
const isAnybody = (origin: unknown): boolean =>
  [origin].flat().some((rule) => rule === true || rule === '*' || rule === 'null')
