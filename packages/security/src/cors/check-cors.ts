import { invalidOption, omitUndefined, optionNames, withoutRegisterOptions } from '@seaworthy/internal'
import { check } from '../option-checks.ts'
import { checkNames } from './check-names.ts'
import { checkOrigin } from './check-origin.ts'
import type { CorsOptions } from './options.ts'

const hooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization'] as const

const switches = [
  'credentials',
  'preflight',
  'preflightContinue',
  'strictPreflight',
  'hideOptionsRoute'
] as const

const names = optionNames<CorsOptions>({
  origin: true,
  delegator: true,
  hook: true,
  credentials: true,
  exposedHeaders: true,
  allowedHeaders: true,
  methods: true,
  maxAge: true,
  cacheControl: true,
  preflightContinue: true,
  optionsSuccessStatus: true,
  preflight: true,
  strictPreflight: true,
  hideOptionsRoute: true,
  logLevel: true
})

/**
 * Rejects invalid and unsafe options.
 *
 * @param option - The place of the options, for messages: `cors of /orders`.
 * @param checkedPatterns - Patterns that are checked already, for options that are checked per request.
 */
export function checkCors(option: string, options: CorsOptions, checkedPatterns?: Set<string>): CorsOptions {
  check.object(option, options, 'an object or false')
  const present = omitUndefined(options)
  check.keys(option, withoutRegisterOptions(present), names)
  const { origin, credentials, delegator, maxAge, cacheControl, optionsSuccessStatus, hook, logLevel } =
    present
  checkOrigin(`${option}.origin`, origin, checkedPatterns)
  for (const name of switches)
    if (present[name] !== undefined) check.boolean(`${option}.${name}`, present[name])
  if (delegator !== undefined) check.fn(`${option}.delegator`, delegator)
  if (logLevel !== undefined) check.string(`${option}.logLevel`, logLevel)
  for (const list of ['exposedHeaders', 'allowedHeaders', 'methods'] as const)
    checkNames(option, list, present)
  if (!['undefined', 'string', 'number'].includes(typeof cacheControl) && (cacheControl as unknown) !== null)
    check.fail(`${option}.cacheControl`, 'seconds or a header value', cacheControl)
  if (typeof cacheControl === 'string' && !/^[\t\x20-\x7e]+$/.test(cacheControl))
    check.fail(`${option}.cacheControl`, 'seconds or a header value of ASCII characters', cacheControl)
  // `null` is the default of @fastify/cors.
  if (maxAge !== undefined && (maxAge as unknown) !== null)
    check.integer(`${option}.maxAge`, maxAge, { min: 0, unit: 'seconds' })
  if (typeof cacheControl === 'number')
    check.integer(`${option}.cacheControl`, cacheControl, { min: 0, unit: 'seconds' })
  if (optionsSuccessStatus !== undefined)
    check.integer(`${option}.optionsSuccessStatus`, optionsSuccessStatus, { min: 200, max: 299 })
  if (hook !== undefined) check.oneOf(`${option}.hook`, hook, hooks)
  if (credentials && allowsEveryOrigin(origin)) {
    throw invalidOption(
      `security: "${option}.origin" must be a list of origins where "${option}.credentials" is on: any site could act for its visitors`
    )
  }
  return present
}

/** `'null'` counts: it is also the origin of frames and files of any site. */
const allowsEveryOrigin = (origin: unknown): boolean =>
  [origin].flat(Infinity).some((rule) => rule === true || rule === '*' || rule === 'null')
