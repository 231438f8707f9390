import type { FastifyBaseLogger, RouteOptions } from 'fastify'
import { maxHeaderSize } from 'node:http'
import type { ReDoS } from '../patterns/find-redos.ts'
import { routeUnsafePatterns, type UnsafePatterns } from './options.ts'
import { patternsOf, type FormatUse, type PatternUse, type SchemaPatterns } from './schema-patterns.ts'
import { sharedPatterns, type Schemas } from './shared-patterns.ts'
import { PatternVerdicts } from './unsafe-patterns.ts'

/** The treatment of a route's patterns, and the length of its inputs. */
interface RouteRules {
  readonly treatment: UnsafePatterns
  readonly lengths: Readonly<Record<string, number>>
}

/** A schema that is being compiled. */
export interface CompiledInput {
  readonly schema: unknown
  readonly method?: string | string[]
  readonly url?: string
  readonly httpPart?: string
}

/** Ajv's part in the patterns of a schema. */
export interface AjvRules {
  /** All rules are tried, so that a `maxLength` does not keep a long text from the pattern beside it. */
  readonly allErrors: boolean
  /** The pattern of a format that the app has added. */
  readonly formatOf: (name: string) => RegExp | undefined
}

/** The settings of a {@link PatternInspector}. */
export interface InspectorSettings {
  readonly unsafePatterns: UnsafePatterns
  /** Characters of a body, at most. */
  readonly bodyLimit: number
  /** Characters of a parameter in a path, at most. */
  readonly paramLimit: number
  readonly log: FastifyBaseLogger
}

/** Characters of the name of a property on which `patternProperties` are tried. */
export const maxNameLength = 1000

/** Another validator than Ajv tries a pattern whatever the length, so a pattern that is safe up to here only warns. */
const shortText = 2000

/** Looks for patterns that a client can make run for seconds, in the schemas of routes and in those that they refer to. */
export class PatternInspector {
  readonly #settings: InspectorSettings
  readonly #verdicts = new PatternVerdicts()
  readonly #routes = new Map<string, RouteRules>()
  readonly #logged = new Set<string>()
  readonly #shared = new WeakMap<object, SchemaPatterns>()
  #needsShortNames = false

  constructor(settings: InspectorSettings) {
    this.#settings = settings
  }

  /** Whether patterns of names are safe only up to {@link maxNameLength}. */
  get needsShortNames(): boolean {
    return this.#needsShortNames
  }

  /** @throws Error for an unsafe pattern in one of the route's schemas, unless it may be a warning. */
  addRoute(route: RouteOptions): void {
    const treatment = routeUnsafePatterns(route, this.#settings.unsafePatterns)
    const rules = { treatment, lengths: this.#lengths(route.bodyLimit) }
    this.#routes.set(routeKey(route), rules)
    for (const [input, schema] of Object.entries(route.schema ?? {})) {
      // Responses are not validated by patterns.
      if (input === 'response') continue
      this.#inspect(routeKey(route), patternsOf({ [input]: schema }, true), rules, input)
    }
  }

  /**
   * Inspects all that only the compiler has: shared schemas, formats, and the routes that were added before the plugin.
   *
   * @throws Error for an unsafe pattern, unless it may be a warning.
   */
  addCompiled(input: CompiledInput, shared: Schemas, ajv: AjvRules): void {
    const key = routeKey(input)
    const { httpPart = 'body' } = input
    const rules = this.#routes.get(key) ?? {
      treatment: this.#settings.unsafePatterns,
      lengths: this.#lengths(undefined)
    }
    const found = patternsOf({ [httpPart]: input.schema }, true)
    this.#inspect(key, found, rules, httpPart, ajv)
    const ofShared = sharedPatterns(found.references, shared, this.#shared)
    this.#inspect('', ofShared, rules, httpPart, ajv)
  }

  /** @param route - `''` for shared schemas. */
  #inspect(
    route: string,
    { patterns, formats }: SchemaPatterns,
    { treatment, lengths }: RouteRules,
    input: string,
    ajv?: AjvRules
  ): void {
    if (treatment === 'ignore') return
    const subject = route === '' ? 'a shared schema' : `the schema of ${route}`
    // Node bounds a request's URL and headers.
    const length = lengths[input] ?? maxHeaderSize
    for (const use of [...patterns, ...formatPatterns(formats, ajv)]) {
      this.#judge(
        subject,
        ajv?.allErrors === true ? { ...use, limit: Infinity } : use,
        length,
        treatment,
        ajv
      )
    }
  }

  #judge(
    subject: string,
    use: PatternUse,
    length: number,
    treatment: UnsafePatterns,
    ajv: AjvRules | undefined
  ): void {
    const { kind, source, at } = use
    const found: ReDoS | undefined =
      kind === 'request'
        ? { reason: 'the request itself brings it', attack: undefined, safeLength: 0 }
        : this.#faultOf(use, length)
    if (found === undefined) return
    const { reason, attack, safeLength } = found
    const example = attack === undefined ? '' : `, for example on ${attack}`
    const bound = kind === 'value' ? boundOf(safeLength, ajv?.allErrors === true) : ''
    const message = `security: ${subject} has an unsafe pattern at ${at}: ${source}: ${reason}${example}; rewrite it${bound}, or let it be a warning by unsafePatterns: 'warn' in "validation" or in the route's config.validation`
    if (treatment === 'error' && !(kind === 'code' && safeLength >= shortText)) throw new Error(message)
    const place = `${subject} ${source}`
    if (this.#logged.has(place)) return
    this.#logged.add(place)
    this.#settings.log.warn(message)
  }

  #faultOf({ kind, source, flags, limit }: PatternUse, length: number): ReDoS | undefined {
    const isOfNames = kind === 'names'
    const longest = Math.min(limit, isOfNames ? Math.min(maxNameLength, length) : length)
    const fault = this.#verdicts.of(source, flags, longest)
    if (isOfNames && fault === undefined && this.#verdicts.of(source, flags, length) !== undefined)
      this.#needsShortNames = true
    return fault
  }

  #lengths(bodyLimit: number | undefined): RouteRules['lengths'] {
    return { body: bodyLimit ?? this.#settings.bodyLimit, params: this.#settings.paramLimit }
  }
}

const boundOf = (safeLength: number, allErrors: boolean): string =>
  allErrors
    ? ' (the Ajv option "allErrors" tries it whatever the "maxLength")'
    : `, or give the string a "maxLength" of ${safeLength} at most`

const routeKey = ({ method, url = '' }: Pick<CompiledInput, 'method' | 'url'>): string =>
  `${[method ?? []].flat().join(',')} ${url}`

const formatPatterns = (formats: readonly FormatUse[], ajv: AjvRules | undefined): PatternUse[] =>
  formats.flatMap(({ name, at, limit }) => {
    const pattern = ajv?.formatOf(name)
    return pattern ? [{ kind: 'value', source: pattern.source, flags: pattern.flags, at, limit }] : []
  })
