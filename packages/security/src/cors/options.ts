import type { AtLeastOne } from '@seaworthy/contract'
import { withoutRegisterOptions } from '@seaworthy/internal'
import type { FastifyRequest, LogLevel } from 'fastify'
import { check, given, section } from '../option-checks.ts'
import { checkRules } from './check-origin.ts'

/** One origin, or a pattern of them, anchored and with its dots escaped: `/^https:\/\/[a-z]+\.example\.com$/`. */
export type OriginRule = string | RegExp

/** Origins and patterns, also in lists of their own. A boolean in a list is refused at the start. */
export type OriginList = readonly (OriginRule | boolean | OriginList)[]

/** Decides about an origin, in the callback style or as a promise. An error is a no. */
export type OriginFunction = (
  origin: string | undefined,
  callback: (error: Error | null, allow?: unknown) => void
) => unknown

/** Gives the options for a request, in the callback style or as a promise. */
export type CorsDelegator = (
  request: FastifyRequest,
  callback: (error: Error | null, options?: CorsOptions) => void
) => Promise<CorsOptions> | void

/** Where in a request's way the headers are set. */
export type CorsHook = 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler' | 'preSerialization'

/** What a route says in `config.cors`. */
export type RouteCors =
  | AtLeastOne<Omit<CorsOptions, 'delegator' | 'hook' | 'hideOptionsRoute' | 'logLevel'>>
  | false

/** Options of `cors`: all of @fastify/cors', checked. Without `origin` no other origin may read anything. */
export interface CorsOptions {
  /**
   * Who may read answers: origins, anchored patterns, a function. `true` is everybody, by their own name; `'*'` is
   * everybody, and excludes `credentials`, as `'null'` does. `false` is nobody but the service's own pages.
   *
   * @defaultValue false
   * @throws RangeError for a pattern that lets strangers in, and for everybody together with `credentials`.
   */
  origin?: boolean | OriginRule | OriginList | OriginFunction | undefined
  /**
   * Gives the options per request, as `@fastify/cors` has it: `(request, callback)` or a promise.
   *
   * @defaultValue none
   */
  delegator?: CorsDelegator | undefined
  /**
   * Where in a request's way the headers are set.
   *
   * @defaultValue 'onRequest'
   */
  hook?: CorsHook | undefined
  /**
   * Whether other origins may send cookies and other credentials, and read the answers.
   *
   * @defaultValue false
   */
  credentials?: boolean | undefined
  /**
   * The headers of an answer that other origins may read.
   *
   * @defaultValue none but those that browsers always show
   */
  exposedHeaders?: string | string[] | undefined
  /**
   * The headers that a request may have.
   *
   * @defaultValue those that the preflight asks for
   */
  allowedHeaders?: string | string[] | undefined
  /**
   * The methods that a request may have.
   *
   * @defaultValue ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']
   */
  methods?: string | string[] | undefined
  /**
   * How long browsers keep the answer to a preflight, in seconds.
   *
   * @defaultValue the browser's own
   */
  maxAge?: number | undefined
  /**
   * The `Cache-Control` of the answer to a preflight: seconds, or the whole header.
   *
   * @defaultValue none
   */
  cacheControl?: number | string | undefined
  /**
   * Hands preflights on to the route.
   *
   * @defaultValue false
   */
  preflightContinue?: boolean | undefined
  /**
   * The status of an answer to a preflight.
   *
   * @defaultValue 204
   */
  optionsSuccessStatus?: number | undefined
  /**
   * Whether preflights are answered at all.
   *
   * @defaultValue true
   */
  preflight?: boolean | undefined
  /**
   * Whether a preflight without the headers that it must have is answered with 400.
   *
   * @defaultValue true
   */
  strictPreflight?: boolean | undefined
  /**
   * Leaves the route for preflights out of the documents that `@fastify/swagger` makes.
   *
   * @defaultValue true
   */
  hideOptionsRoute?: boolean | undefined
  /**
   * The level at which preflights are logged.
   *
   * @defaultValue the app's
   */
  logLevel?: LogLevel
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
  check.keys(option, withoutRegisterOptions(known), keys)
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
  [origin].flat(Infinity).some((rule) => rule === true || rule === '*' || rule === 'null')
