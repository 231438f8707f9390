import { createRequire } from 'node:module'
import { join } from 'node:path'
import { runningAgent } from './running-agent.ts'
import { namedVendor, type Vendor } from './vendors.ts'

/** The command that loads the agent in time. */
export function preloadCommand(): string {
  const script = process.argv[1] ?? 'server.js'
  return `node --import @seaworthy/observability/apm ${script.startsWith(process.cwd()) ? script.slice(process.cwd().length + 1) : script}`
}

/** Whether Fastify is loaded already: what is loaded before an agent is invisible to it. */
export function fastifyIsLoaded(): boolean {
  const { cache } = createRequire(join(process.cwd(), 'package.json'))
  return Object.keys(cache).some((file) => /[\\/]fastify[\\/]fastify\.js$/.test(file))
}

const ownPreloads: Record<Vendor, RegExp> = {
  newrelic: /newrelic/,
  datadog: /dd-trace/,
  elastic: /elastic-apm-node/,
  opentelemetry: /opentelemetry|instrument/
}

/** What is wrong with the agent's start, if the environment names one; for the plugin to say once. */
export function agentProblem(): string | undefined {
  const vendor = namedVendor(process.env)
  if (vendor === undefined || runningAgent() !== undefined) return undefined
  const preloads = `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`
  if (ownPreloads[vendor].test(preloads)) return undefined
  return `the environment names ${vendor}, but no agent was loaded before the application: ${preloadCommand()}`
}
