import { invalidOption } from '@seaworthy/internal'

/** An agent that can be started. */
export type Vendor = 'newrelic' | 'datadog' | 'elastic' | 'opentelemetry'

type Environment = Record<string, string | undefined>

/** The vendor's own variables that name it, and the one that switches it off. */
interface VendorVariables {
  names: readonly string[]
  off: readonly [name: string, value: string]
}

const variables: Record<Vendor, VendorVariables> = {
  newrelic: { names: ['NEW_RELIC_LICENSE_KEY'], off: ['NEW_RELIC_ENABLED', 'false'] },
  datadog: {
    names: ['DD_TRACE_AGENT_URL', 'DD_AGENT_HOST', 'DD_SERVICE'],
    off: ['DD_TRACE_ENABLED', 'false']
  },
  elastic: { names: ['ELASTIC_APM_SERVER_URL'], off: ['ELASTIC_APM_ACTIVE', 'false'] },
  opentelemetry: {
    names: ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER'],
    off: ['OTEL_SDK_DISABLED', 'true']
  }
}
const vendors = Object.keys(variables) as Vendor[]

/**
 * The vendors that the environment names: by `SEAWORTHY_APM`, or by the vendors' own variables.
 *
 * @throws RangeError with the code `INVALID_OPTION` for another value of `SEAWORTHY_APM`.
 */
export function namedVendors(env: Environment): Vendor[] {
  const chosen = env.SEAWORTHY_APM
  if (chosen === 'none') return []
  if (chosen !== undefined && chosen !== '') {
    const vendor = vendors.find((name) => name === chosen)
    if (vendor !== undefined) return [vendor]
    throw invalidOption(
      `observability: SEAWORTHY_APM must be one of ${vendors.join(', ')}, none, got "${chosen}"`
    )
  }

  return vendors.filter((vendor) => {
    const { names, off } = variables[vendor]
    return names.some((name) => (env[name] ?? '') !== '') && env[off[0]]?.toLowerCase() !== off[1]
  })
}

/**
 * The vendor whose agent is to be started.
 *
 * @throws RangeError with the code `INVALID_OPTION` for two vendors at once: they would patch the same functions.
 */
export function vendorToStart(env: Environment): Vendor | undefined {
  const named = namedVendors(env)
  if (named.length > 1) {
    throw invalidOption(
      `observability: the environment names several agents (${named.join(', ')}): set SEAWORTHY_APM to one of them`
    )
  }
  return named[0]
}
