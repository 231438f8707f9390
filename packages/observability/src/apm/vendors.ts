/** An agent that can be started. */
export type Vendor = 'newrelic' | 'datadog' | 'elastic' | 'opentelemetry'

type Environment = Record<string, string | undefined>

/** The variables that name a vendor, in the vendor's own words, and the one that switches it off. */
const signs: Record<Vendor, { any: readonly string[]; off: readonly [name: string, value: string] }> = {
  newrelic: { any: ['NEW_RELIC_LICENSE_KEY'], off: ['NEW_RELIC_ENABLED', 'false'] },
  datadog: { any: ['DD_TRACE_AGENT_URL', 'DD_AGENT_HOST', 'DD_SERVICE'], off: ['DD_TRACE_ENABLED', 'false'] },
  elastic: { any: ['ELASTIC_APM_SERVER_URL'], off: ['ELASTIC_APM_ACTIVE', 'false'] },
  opentelemetry: {
    any: ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER'],
    off: ['OTEL_SDK_DISABLED', 'true']
  }
}
const vendors = Object.keys(signs) as Vendor[]

/**
 * The one vendor that the environment names: by `SEAWORTHY_APM`, or by the vendor's own variables.
 *
 * @throws RangeError for two at once: they would patch the same functions.
 */
export function namedVendor(env: Environment): Vendor | undefined {
  const chosen = env.SEAWORTHY_APM
  if (chosen === 'none') return undefined
  if (chosen !== undefined && chosen !== '') {
    const vendor = vendors.find((name) => name === chosen)
    if (vendor !== undefined) return vendor
    throw new RangeError(
      `observability: SEAWORTHY_APM must be one of ${vendors.join(', ')}, none, got "${chosen}"`
    )
  }

  const named = vendors.filter((vendor) => {
    const { any, off } = signs[vendor]
    return any.some((name) => (env[name] ?? '') !== '') && env[off[0]]?.toLowerCase() !== off[1]
  })
  if (named.length > 1) {
    throw new RangeError(
      `observability: the environment names several agents (${named.join(', ')}): set SEAWORTHY_APM to one of them`
    )
  }
  return named[0]
}
