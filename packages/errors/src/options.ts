import { omitUndefined, optionChecks, type OptionChecks } from '@seaworthy/internal'
import { compileMappings, type ErrorMapping } from './resolve/mapping.ts'
import type { ResolveOptions } from './resolve/resolve-error.ts'
import type { ErrorFormat, ErrorMessages, RespondOptions } from './respond/options.ts'

/**
 * Options of the errors plugin. Every option may be left out.
 *
 * @example
 * const options: ErrorsOptions = { format: 'problem', typeBase: 'https://errors.example.com/' }
 * await app.register(errors, options)
 */
export interface ErrorsOptions {
  /**
   * The shape of bodies. `json` is `{ statusCode, error, message, code, correlationId, details? }`, or RFC 9457 if the
   * `Accept` header of the request has `application/problem+json`. `problem` is RFC 9457 for all requests.
   *
   * @defaultValue 'json'
   */
  format?: ErrorFormat | undefined

  /**
   * The start of problem types. The code follows it: `https://errors.example.com/user-not-found`. An absolute URL, or a
   * path from the root; a `/` is added unless it ends in `/`, `#` or `:`.
   *
   * @defaultValue none: all types are `about:blank`
   * @throws RangeError for anything else.
   */
  typeBase?: string | undefined

  /**
   * Rules `{ match, to }` for errors of other libraries, evaluated in order. An error that no rule matches, and that is
   * not made by Fastify or http-errors, is answered without its message: with the `statusCode` of its class, else 500.
   *
   * @defaultValue []
   * @throws RangeError for a rule that is incomplete, whose status is not from 400 to 599, or whose class needs
   * arguments.
   */
  map?: readonly ErrorMapping[] | undefined

  /**
   * Whether messages that are masked are sent too, those of 5xx and of errors not made for clients: `true` for
   * development, or a function that decides for each error.
   *
   * @defaultValue false
   */
  expose?: boolean | ((error: unknown, statusCode: number) => boolean) | undefined

  /**
   * Whether errors are answered by the rules above. `'observe'` sends the status that an error carries, and below 500 its
   * message, as Fastify does without the plugin, and logs each kind that `'enforce'` would answer in another way: for
   * an app that is being converted.
   *
   * @defaultValue 'enforce'
   */
  mode?: 'enforce' | 'observe' | undefined

  /**
   * Translates messages. It is called for each language of `Accept-Language`, preferred first, until it returns a text.
   *
   * @defaultValue none: the error's own message is sent
   */
  messages?: ErrorMessages | undefined

  /**
   * The members of an error's `extensions` that are sent as members of the body.
   *
   * @defaultValue []
   * @throws RangeError for a name that error bodies already have.
   */
  extensions?: readonly string[] | undefined

  /**
   * The `WWW-Authenticate` header of a 401 that has none. `false` leaves it out.
   *
   * @defaultValue 'Bearer'
   * @throws RangeError for a text that is no header value.
   */
  challenge?: string | false | undefined

  /**
   * Whether the plugin responds to unknown routes. A handler that the app sets, before or after, is kept. In a scope
   * with a prefix, use `false` if the app calls `setNotFoundHandler` after registering the plugin.
   *
   * @defaultValue true
   */
  notFound?: boolean | undefined

  /**
   * Whether a path that exists for another method is answered with 405 and `Allow`, instead of 404.
   *
   * @defaultValue false
   */
  methodNotAllowed?: boolean | undefined

  /**
   * Whether the schemas `SeaworthyError` and `SeaworthyProblem` are there for `$ref`: in each scope with a route that refers
   * to another schema, and in the whole app if it has routes before the plugin.
   *
   * @defaultValue true
   */
  schemas?: boolean | undefined

  /**
   * Whether failed requests are logged: 5xx at level error with cause and stack, others at level info.
   *
   * @defaultValue `true`, but `false` beside observability, whose request line has the error
   */
  log?: boolean | undefined
}

/** The options with their defaults, checked. */
export interface ResolvedOptions extends ResolveOptions, RespondOptions {
  notFound: boolean
  methodNotAllowed: boolean
  schemas: boolean
  /** `undefined`: decided at start. */
  log: boolean | undefined
}

/** The defaults, and with them the names of all options. */
export const defaults: Required<ErrorsOptions> = {
  format: 'json',
  typeBase: undefined,
  map: [],
  expose: false,
  mode: 'enforce',
  messages: undefined,
  extensions: [],
  challenge: 'Bearer',
  notFound: true,
  methodNotAllowed: false,
  schemas: true,
  log: undefined
}

const check: OptionChecks = optionChecks('errors')

/** Members that error bodies have, in one of the two shapes. */
const reservedMembers: ReadonlySet<string> = new Set([
  'statusCode',
  'error',
  'message',
  'code',
  'correlationId',
  'details',
  'type',
  'title',
  'status',
  'detail',
  'instance',
  'errors',
  '__proto__'
])

/**
 * Fills in the defaults and checks all options.
 *
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
export function resolveOptions(options: ErrorsOptions): ResolvedOptions {
  check.keys('', options, Object.keys(defaults))
  const { messages, log, ...merged }: Required<ErrorsOptions> = { ...defaults, ...omitUndefined(options) }
  if (messages !== undefined) check.fn('messages', messages)
  if (log !== undefined) check.boolean('log', log)
  return {
    format: check.oneOf('format', merged.format, ['json', 'problem']),
    typeBase: merged.typeBase === undefined ? undefined : resolveTypeBase(merged.typeBase),
    map: compileMappings(merged.map),
    expose: resolveExpose(merged.expose),
    mode: check.oneOf('mode', merged.mode, ['enforce', 'observe']),
    messages,
    extensions: checkExtensions(merged.extensions),
    challenge: merged.challenge === false ? undefined : checkChallenge(merged.challenge),
    notFound: check.boolean('notFound', merged.notFound),
    methodNotAllowed: check.boolean('methodNotAllowed', merged.methodNotAllowed),
    schemas: check.boolean('schemas', merged.schemas),
    log
  }
}

function resolveTypeBase(value: unknown): string {
  const base = check.string('typeBase', value)
  const valid = (base.startsWith('/') && !base.startsWith('//')) || URL.canParse(base)
  if (!valid || /\s/.test(base)) check.fail('typeBase', 'an absolute URL or a path from the root', base)
  return /[/#:]$/.test(base) ? base : `${base}/`
}

function resolveExpose(expose: unknown): ResolvedOptions['expose'] {
  if (typeof expose === 'function') return expose as ResolvedOptions['expose']
  if (typeof expose !== 'boolean') check.fail('expose', 'true, false or a function', expose)
  return () => expose
}

function checkExtensions(extensions: unknown): readonly string[] {
  if (!Array.isArray(extensions)) check.fail('extensions', 'an array of member names', extensions)
  return (extensions as unknown[]).map((name, index) => {
    if (typeof name !== 'string' || name === '' || reservedMembers.has(name)) {
      check.fail(`extensions[${index}]`, 'a name that no error body has yet', name)
    }
    return name
  })
}

function checkChallenge(value: unknown): string {
  const challenge = check.string('challenge', value)
  // Only visible ASCII: anything else would make each response with 401 fail.
  if (!/^[!-~][ -~]*$/.test(challenge)) check.fail('challenge', 'a WWW-Authenticate value', challenge)
  return challenge
}
