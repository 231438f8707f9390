import AjvCompiler from '@fastify/ajv-compiler'

type BuildValidator = ReturnType<typeof AjvCompiler>
type Settings = Parameters<BuildValidator>[1]
type Schemas = Parameters<BuildValidator>[0]
interface RouteSchema {
  schema: unknown
  httpPart?: string
}

// All is text there, so numbers have to be read from it.
const fromText = { coerceTypes: 'array', removeAdditional: false } as const

/** Where the parts of a request come from decides how strictly they are read. */
const parts = {
  // A client that sends JSON knows types and names: what doesn't fit is its mistake, and hears so.
  body: { coerceTypes: false, removeAdditional: false },
  querystring: fromText,
  params: fromText,
  // Every client and proxy adds headers of its own.
  headers: { coerceTypes: 'array', removeAdditional: true }
} as const

/**
 * Builds validators as Fastify does, with the app's own Ajv options and plugins, but one Ajv for each way of reading.
 * `inspect` sees each shared schema before it is used.
 */
export function buildByPart(inspect: (schema: unknown) => void): BuildValidator {
  const build = AjvCompiler()
  return ((schemas: Schemas, settings: Settings) => {
    for (const schema of Object.values(schemas as Record<string, unknown>)) inspect(schema)
    // An Ajv takes its time to start: parts that are read alike share one.
    const compilers = new Map<object, (route: RouteSchema) => unknown>()
    return (route: RouteSchema) => {
      const { httpPart = 'body' } = route
      const reading = parts[httpPart in parts ? (httpPart as keyof typeof parts) : 'body']
      let compile = compilers.get(reading)
      if (compile === undefined) {
        const customOptions = { ...settings?.customOptions, ...reading }
        compile = build(schemas, { ...settings, customOptions } as Settings) as never
        compilers.set(reading, compile)
      }
      return compile(route)
    }
  }) as unknown as BuildValidator
}
