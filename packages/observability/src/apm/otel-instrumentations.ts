interface Bundle {
  getNodeAutoInstrumentations(): unknown[]
}
type Constructors = Record<string, new (options: object) => unknown>

/** The instrumentations of OpenTelemetry that are installed: the whole bundle, or those that matter for a service. */
export function otelInstrumentations(load: NodeJS.Require): unknown[] {
  const bundle = loadOptional(load, '@opentelemetry/auto-instrumentations-node') as Bundle | undefined
  if (bundle !== undefined) return bundle.getNodeAutoInstrumentations()

  const create = (name: string, type: string, options: object = {}) => {
    const constructors = loadOptional(load, name) as Constructors | undefined
    return constructors && new constructors[type]!(options)
  }
  return [
    create('@opentelemetry/instrumentation-http', 'HttpInstrumentation'),
    create('@opentelemetry/instrumentation-undici', 'UndiciInstrumentation'),
    create('@fastify/otel', 'FastifyOtelInstrumentation', { registerOnInitialization: true })
  ].filter(Boolean)
}

function loadOptional(load: NodeJS.Require, name: string): unknown {
  try {
    return load(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
