import { isMainThread } from 'node:worker_threads'
import { startAgent } from './apm/agents.ts'
import { preloadCommand } from './apm/load-order.ts'
import { announceAgent, runningAgent, type ApmHandle } from './apm/running-agent.ts'
import { vendorToStart } from './apm/vendors.ts'
import { fastifyIsLoaded } from './internals/index.ts'

export type { ApmHandle } from './apm/running-agent.ts'
export type { Vendor } from './apm/vendors.ts'

/**
 * Starts the agent that the environment names, when this module is loaded: `node --import @seaworthy/observability/apm`
 * or `node -r @seaworthy/observability/apm`. Loads nothing where the environment names no agent.
 */
function preload(): ApmHandle | undefined {
  const vendor = isMainThread ? vendorToStart(process.env) : undefined
  if (vendor === undefined || runningAgent() !== undefined) return runningAgent()
  if (fastifyIsLoaded()) {
    process.emitWarning(
      `observability: the ${vendor} agent is loaded after Fastify; it will not see the requests; start with ${preloadCommand()}`,
      { code: 'SEAWORTHY_APM_LATE' }
    )
  }
  const handle = { vendor, flush: startAgent(vendor) }
  announceAgent(handle)
  return handle
}

/** The running agent, or `undefined` where the environment names none. */
export const apm: ApmHandle | undefined = preload()
