import AjvCompiler from '@fastify/ajv-compiler'

type BuildValidator = ReturnType<typeof AjvCompiler>
type Settings = Parameters<BuildValidator>[1]
type Schemas = Parameters<BuildValidator>[0]
interface RouteSchema {
  schema: unknown
  httpPart?: string
}

// These inputs are text: numbers are parsed from it.
const textOptions = { coerceTypes: 'array', removeAdditional: false } as const

/** Ajv's options for each input of a request. */
const optionsByInput = {
  // A client that sends JSON knows types and names: a wrong one is its mistake and is reported.
  body: { coerceTypes: false, removeAdditional: false },
  querystring: textOptions,
  params: textOptions,
  // Clients and proxies add headers that the schema does not list.
  headers: { coerceTypes: 'array', removeAdditional: true }
} as const

/**
 * Builds validators as Fastify does, with the app's Ajv options and plugins, but with Ajv options for each input.
 *
 * @param inspect - Called with each shared schema before it is used.
 */
export function buildValidatorByInput(inspect: (schema: unknown) => void): BuildValidator {
  const build = AjvCompiler()
  return ((schemas: Schemas, settings: Settings) => {
    for (const schema of Object.values(schemas as Record<string, unknown>)) inspect(schema)
    // An Ajv instance is slow to create: inputs with the same options share one.
    const compilers = new Map<object, (route: RouteSchema) => unknown>()
    return (route: RouteSchema) => {
      const { httpPart = 'body' } = route
      const inputOptions =
        optionsByInput[httpPart in optionsByInput ? (httpPart as keyof typeof optionsByInput) : 'body']
      let compile = compilers.get(inputOptions)
      if (compile === undefined) {
        const customOptions = { ...settings?.customOptions, ...inputOptions }
        compile = build(schemas, { ...settings, customOptions } as Settings) as never
        compilers.set(inputOptions, compile)
      }
      return compile(route)
    }
  }) as unknown as BuildValidator
}
