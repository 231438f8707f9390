import type { FastifyReply } from 'fastify'
import { setsState, type Management } from '@seaworthy/contract'
import { isMaintenanceDuration } from '../readiness/readiness-gates.ts'
import type { Health } from './health-api.ts'
import { probeNames, type ProbeHandlers } from '../probes/probe-handlers.ts'

/** Milliseconds between two runs of the checks for the operators' page. */
const viewInterval = 5000

/** Adds the full report, the probes, a run of all checks and the maintenance switch to the operators' listener. */
export function addManagementRoutes(
  management: Management,
  prefix: string,
  health: Pick<Health, 'check' | 'status' | 'maintenance'>,
  handlers: ProbeHandlers,
  runChecks: () => Promise<void>
): void {
  const url = prefix === '' ? '/health' : prefix
  const report = async (reply: FastifyReply) => {
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    return health.check()
  }

  const config = setsState(() => 'maintenance')
  let checkedAt = -Infinity
  management.section('health', () => {
    // Without probes no check runs: a view of operators keeps the results from being old, and waits for none.
    if (performance.now() - checkedAt >= viewInterval) {
      checkedAt = performance.now()
      void health.check()
    }
    return health.status()
  })
  management.route({ method: 'GET', url, handler: (_request, reply) => report(reply) })
  for (const name of probeNames) {
    management.route({ method: 'GET', url: `${url}/${name}`, handler: handlers[name] })
  }
  management.route({ method: 'GET', url: `${url}/group/:name`, handler: handlers.group })
  management.route({
    method: 'POST',
    url: `${url}/run`,
    handler: async (_request, reply) => {
      await runChecks()
      return report(reply)
    }
  })
  management.route({
    method: 'PUT',
    url: `${url}/maintenance`,
    config,
    handler: (request, reply) => {
      const { reason, maxDuration } = (request.body ?? {}) as { reason?: unknown; maxDuration?: unknown }
      if (maxDuration !== undefined && !isMaintenanceDuration(maxDuration)) {
        const message = 'maxDuration must be a whole number of milliseconds from 1 to a week'
        return reply.code(400).send({ statusCode: 400, error: 'Bad Request', message })
      }
      health.maintenance.enter(
        typeof reason === 'string' && reason !== '' ? reason : 'by an operator',
        maxDuration === undefined ? {} : { maxDuration }
      )
      return report(reply)
    }
  })
  management.route({
    method: 'DELETE',
    url: `${url}/maintenance`,
    config,
    handler: (_request, reply) => {
      health.maintenance.leave()
      return report(reply)
    }
  })
}
