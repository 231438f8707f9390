import { createRequire } from 'node:module'
import { join } from 'node:path'
import { openTelemetryIsUsed, sentryIsUsed } from '../internals/index.ts'
import { runningAgent } from './running-agent.ts'
import { namedVendors, type Vendor } from './vendors.ts'

/** The preload of an app that uses the preset, which may not be able to load that of this package. */
const presetPreload = 'fastify-seaworthy/apm'

/** The command that loads the agent in time. */
export function preloadCommand(): string {
  const folder = process.cwd()
  const script = process.argv[1] ?? 'server.js'
  const path = script.startsWith(folder) ? script.slice(folder.length + 1) : script
  return `node --import ${canLoad(presetPreload) ? presetPreload : '@seaworthy/observability/apm'} ${path}`
}

/** Whether the app can load a module by this name. */
function canLoad(name: string): boolean {
  try {
    createRequire(join(process.cwd(), 'package.json')).resolve(name)
    return true
  } catch {
    return false
  }
}

/** Whether the app has an SDK of its own, with which the plugin makes spans. */
const startedByApp = (): boolean => openTelemetryIsUsed() && !sentryIsUsed()

/** Whether the environment has more of OpenTelemetry than an address for all signals. */
const wantsSpans = ({
  SEAWORTHY_APM,
  OTEL_TRACES_EXPORTER,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
}: NodeJS.ProcessEnv): boolean =>
  Boolean(SEAWORTHY_APM || OTEL_TRACES_EXPORTER || OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)

/** The preload of each vendor itself. */
const vendorPreloads: Record<Vendor, RegExp> = {
  newrelic: /newrelic/,
  datadog: /dd-trace/,
  elastic: /elastic-apm-node/,
  opentelemetry: /opentelemetry|instrument/
}

/**
 * A sentence for the log where the environment names an agent and none was loaded before the application.
 *
 * @param isPushed - Whether the plugin pushes to the address in `OTEL_EXPORTER_OTLP_ENDPOINT`, which then needs no agent.
 */
export function agentProblem(isPushed: boolean): string | undefined {
  const isPushOnly = isPushed && !wantsSpans(process.env)
  const named = namedVendors(process.env).filter((vendor) => vendor !== 'opentelemetry' || !isPushOnly)
  if (named.length === 0 || runningAgent() !== undefined) return undefined
  // The address of OpenTelemetry may be that of another vendor's collector.
  if (named.some((vendor) => isPreloaded(vendor) || (vendor === 'opentelemetry' && startedByApp())))
    return undefined
  const vendors = named.join(', ')
  return named.length === 1
    ? `observability: the environment names ${vendors}, but no agent was loaded before the application; nothing is traced; start with ${preloadCommand()}`
    : `observability: the environment names several agents (${vendors}), and none was loaded before the application; nothing is traced; set SEAWORTHY_APM to one of them, or to none, and start with ${preloadCommand()}`
}

function isPreloaded(vendor: Vendor): boolean {
  const preloads = `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`
  return vendorPreloads[vendor].test(preloads)
}
