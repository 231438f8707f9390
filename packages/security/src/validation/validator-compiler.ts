import AjvCompiler from '@fastify/ajv-compiler'
import type { ReportObserved } from '../mode.ts'
import { formatFinder } from './app-formats.ts'
import { observeValidation, type Validate } from './observe-validation.ts'
import type { AjvRules, CompiledInput } from './pattern-inspector.ts'
import { skipMetaSchema } from './plain-schema.ts'
import { withRootType } from './root-type.ts'
import type { Schemas as SharedSchemas } from './shared-patterns.ts'

type BuildValidator = ReturnType<typeof AjvCompiler>
type Settings = Parameters<BuildValidator>[1]
type Schemas = Parameters<BuildValidator>[0]
type Compile = (route: CompiledInput) => Validate

/** The settings of {@link buildValidatorByInput}. */
export interface ValidatorSettings {
  /** Whether types in a body are coerced. `undefined`: as the app's Ajv options have it, else not. */
  coerce?: boolean | undefined
  /** `undefined`: as the app's Ajv options have it, else `'reject'`. */
  additional?: 'reject' | 'remove' | undefined
  /** The bodies that come from forms. */
  forms: WeakSet<object>
  /** Called with each schema before it is compiled, and with the shared ones. */
  inspect: (input: CompiledInput, shared: SharedSchemas, rules: AjvRules) => void
  /** With it, Fastify's own validation decides, and inputs that this one rejects in addition are reported. */
  reportObserved?: ReportObserved | undefined
}

// These inputs are text: numbers are parsed from it.
const text = { coerceTypes: 'array', removeAdditional: false } as const
// A client that sends JSON knows types and names: a wrong one is its mistake and is reported.
const json = { coerceTypes: false, removeAdditional: false } as const
// A form has the types of text, and the fields of a body.
const form = { coerceTypes: 'array', removeAdditional: false } as const
// Fastify's own defaults.
const fastifyDefaults = {} as const
// Clients and proxies add headers that the schema does not list.
const headers = { coerceTypes: 'array', removeAdditional: true } as const

/** Builds validators as Fastify does, with the app's Ajv options and plugins, but with defaults for each input. */
export function buildValidatorByInput({
  coerce,
  additional,
  forms,
  inspect,
  reportObserved
}: ValidatorSettings): BuildValidator {
  const build = AjvCompiler()
  const formOptions = additional === undefined ? {} : { removeAdditional: additional === 'remove' }
  const bodyOptions = { ...(coerce === undefined ? {} : { coerceTypes: coerce }), ...formOptions }
  return ((schemas: Schemas, settings: Settings) => {
    const shared = schemas as SharedSchemas
    const { rules, onCreate: noteFormats } = formatFinder(settings)
    const onCreate = (ajv: object): void => {
      skipMetaSchema(ajv, settings)
      noteFormats(ajv)
    }
    // An Ajv instance is slow to create: inputs with the same options share one.
    const compilers = new Map<object, Compile>()
    const compilerFor = (inputOptions: object, overrides: object = {}): Compile => {
      let compile = compilers.get(inputOptions)
      if (compile === undefined) {
        const customOptions = { ...inputOptions, ...settings?.customOptions, ...overrides }
        compile = build(schemas, { ...settings, customOptions, onCreate }) as unknown as Compile
        compilers.set(inputOptions, compile)
      }
      return compile
    }
    const compileBody = (route: CompiledInput): Validate => {
      const isTypeDefinition = (settings as { mode?: unknown } | undefined)?.mode === 'JTD'
      const typed = isTypeDefinition ? route : { ...route, schema: withRootType(route.schema, shared) }
      const strict = compilerFor(json, bodyOptions)(typed)
      let fromText: Validate | undefined
      const validate: Validate = (data) => {
        const isText = typeof data === 'object' && data !== null && forms.has(data)
        if (isText) fromText ??= compilerFor(form, formOptions)(typed)
        const chosen = isText ? fromText! : strict
        const result = chosen(data)
        validate.errors = chosen.errors
        return result
      }
      return validate
    }
    const compileStrict = (route: CompiledInput): Validate => {
      if (route.httpPart === 'headers') return compilerFor(headers)(route)
      if (route.httpPart === 'params' || route.httpPart === 'querystring') return compilerFor(text)(route)
      return compileBody(route)
    }
    const compile = (route: CompiledInput): Validate => {
      const validate = compileStrict(route)
      inspect(route, shared, rules)
      return validate
    }
    if (reportObserved === undefined) return compile
    return (route: CompiledInput) => {
      const subject = `the ${route.httpPart ?? 'body'} of ${[route.method ?? []].flat().join(',')} ${route.url ?? ''}`
      return observeValidation({
        usual: compilerFor(fastifyDefaults)(route),
        strict: compile(route),
        copy: (data) => copyInput(data, forms),
        report: (rule) => reportObserved(subject, rule)
      })
    }
  }) as unknown as BuildValidator
}

/** A copy of a body, which is still one of a form. */
function copyInput(data: unknown, forms: WeakSet<object>): unknown {
  const copy: unknown = structuredClone(data)
  if (typeof data === 'object' && data !== null && forms.has(data)) forms.add(copy as object)
  return copy
}
