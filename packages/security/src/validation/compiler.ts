import AjvCompiler from '@fastify/ajv-compiler'

type BuildValidator = ReturnType<typeof AjvCompiler>
type Settings = Parameters<BuildValidator>[1]
type Schemas = Parameters<BuildValidator>[0]
interface RouteSchema {
  schema: unknown
  httpPart?: string
}

/** Where the parts of a request come from decides how strictly they are read. */
const parts = {
  // A client that sends JSON knows types and names: what doesn't fit is its mistake, and hears so.
  body: { coerceTypes: false, removeAdditional: false },
  // All is text here, so numbers have to be read from it.
  querystring: { coerceTypes: 'array', removeAdditional: false },
  params: { coerceTypes: 'array', removeAdditional: false },
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
    const compilers = new Map<string, (route: RouteSchema) => unknown>()
    return (route: RouteSchema) => {
      const { httpPart = 'body' } = route
      const part = httpPart in parts ? (httpPart as keyof typeof parts) : 'body'
      let compile = compilers.get(part)
      if (compile === undefined) {
        const customOptions = { ...settings?.customOptions, ...parts[part] }
        compile = build(schemas, { ...settings, customOptions } as Settings) as never
        compilers.set(part, compile)
      }
      return compile(route)
    }
  }) as unknown as BuildValidator
}
