import { check } from './check.ts'
import { compileMappings, type CompiledMapping, type ErrorMapping } from './mapping.ts'

/** The two shapes of an error's body. */
export type ErrorFormat = 'json' | 'problem'

/** Words for a code in a language (`de-CH`, `de`); `undefined` where there are none. */
export type ErrorMessages = (code: string, locale: string, message: string) => string | undefined

/** Options of the errors plugin. Every one may be left out. */
export interface ErrorsOptions {
  /**
   * The shape of bodies: `json` is `{ statusCode, error, message, code, correlationId, details? }`, and RFC 9457 where
   * a client's `Accept` has `application/problem+json`; `problem` is RFC 9457 for everybody.
   *
   * @defaultValue 'json'
   */
  format?: ErrorFormat | undefined

  /**
   * What problem types start with: the code follows, `https://errors.example.com/user-not-found`. An absolute URL or
   * path that ends in `/` or `#` (a `/` is added).
   *
   * @defaultValue Types are `about:blank`
   */
  typeBase?: string | undefined

  /**
   * Rules for errors that are not ours, tried in order: `{ match, to }`. What no rule matches and neither Fastify nor
   * http-errors made is a 500 without its message.
   *
   * @defaultValue `[]`
   */
  map?: readonly ErrorMapping[] | undefined

  /**
   * Shows the messages of 5xx too: `true` for development, or a function that decides for each error.
   *
   * @defaultValue false
   */
  expose?: boolean | ((error: unknown, statusCode: number) => boolean) | undefined

  /**
   * Messages in the client's language: called for each language of `Accept-Language`, best first, until it gives one.
   *
   * @defaultValue The error's message
   */
  messages?: ErrorMessages | undefined

  /**
   * Which members of an error's `extensions` are sent as members of the body.
   *
   * @defaultValue `[]`
   */
  extensions?: readonly string[] | undefined

  /**
   * The `WWW-Authenticate` of a 401 that brings none of its own; `false` leaves it out.
   *
   * @defaultValue 'Bearer'
   */
  challenge?: string | false | undefined

  /**
   * Answer unknown routes too. `false` where the app calls `setNotFoundHandler` after registering this plugin
   * (Fastify allows one); one that is there already always stays.
   *
   * @defaultValue true
   */
  notFound?: boolean | undefined

  /**
   * Answer 405 with `Allow` where the path exists for another method, instead of 404.
   *
   * @defaultValue false
   */
  methodNotAllowed?: boolean | undefined

  /**
   * Add the schemas `SeaworthyError` and `SeaworthyProblem` to the app, for `$ref`.
   *
   * @defaultValue true
   */
  schemas?: boolean | undefined

  /**
   * Log failed requests: 5xx at error with cause and stack, others at info.
   *
   * @defaultValue `true`, but `false` beside observability, whose request line has the error
   */
  log?: boolean | undefined
}

export interface ResolvedOptions {
  format: ErrorFormat
  typeBase: string | undefined
  map: readonly CompiledMapping[]
  expose: (error: unknown, statusCode: number) => boolean
  messages: ErrorMessages | undefined
  extensions: readonly string[]
  challenge: string | undefined
  notFound: boolean
  methodNotAllowed: boolean
  schemas: boolean
  log: boolean | undefined
}

const names: (keyof ErrorsOptions)[] = [
  'format',
  'typeBase',
  'map',
  'expose',
  'messages',
  'extensions',
  'challenge',
  'notFound',
  'methodNotAllowed',
  'schemas',
  'log'
]

const reserved = new Set(
  'statusCode error message code correlationId details type title status detail instance errors __proto__'.split(
    ' '
  )
)

/** Fills in the defaults and refuses what cannot work. The only place that does either. */
export function resolveOptions(options: ErrorsOptions): ResolvedOptions {
  check.keys('', options, names)
  const { format = 'json', typeBase, map = [], expose = false, messages, extensions = [], log } = options
  const { challenge = 'Bearer', notFound = true, methodNotAllowed = false, schemas = true } = options
  if (messages !== undefined) check.fn('messages', messages)
  if (log !== undefined) check.boolean('log', log)
  return {
    format: check.oneOf('format', format, ['json', 'problem']),
    typeBase: typeBase === undefined ? undefined : checkedBase(typeBase),
    map: compileMappings(map),
    expose: checkedExpose(expose),
    messages,
    extensions: checkedExtensions(extensions),
    challenge: challenge === false ? undefined : checkedChallenge(challenge),
    notFound: check.boolean('notFound', notFound),
    methodNotAllowed: check.boolean('methodNotAllowed', methodNotAllowed),
    schemas: check.boolean('schemas', schemas),
    log
  }
}

function checkedBase(base: unknown): string {
  const text = check.string('typeBase', base)
  const valid = (text.startsWith('/') && !text.startsWith('//')) || URL.canParse(text)
  if (!valid || /\s/.test(text)) check.fail('typeBase', 'an absolute URL or a path from the root', text)
  return /[/#:]$/.test(text) ? text : `${text}/`
}

function checkedExpose(expose: unknown): ResolvedOptions['expose'] {
  if (typeof expose === 'function') return expose as ResolvedOptions['expose']
  if (typeof expose !== 'boolean') check.fail('expose', 'true, false or a function', expose)
  return () => expose
}

function checkedExtensions(extensions: unknown): readonly string[] {
  if (!Array.isArray(extensions)) check.fail('extensions', 'an array of member names', extensions)
  return (extensions as unknown[]).map((name, index) => {
    if (typeof name !== 'string' || name === '' || reserved.has(name)) {
      check.fail(`extensions[${index}]`, 'a name that no error body has yet', name)
    }
    return name
  })
}

function checkedChallenge(challenge: unknown): string {
  const text = check.string('challenge', challenge)
  // Visible ASCII: anything else would make each 401 fail.
  if (!/^[!-~][ -~]*$/.test(text)) check.fail('challenge', 'a WWW-Authenticate value', text)
  return text
}
