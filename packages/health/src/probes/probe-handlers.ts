import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import type { HealthState } from '../readiness/health-state.ts'
import { sendProbeResponse, sendReadiness, type ProbeOptions } from './probe-response.ts'

/** The probes, by the last part of their path. */
export const probeNames = ['live', 'ready', 'startup'] as const

/** The handlers of the probes and of the groups. */
export type ProbeHandlers = Record<(typeof probeNames)[number] | 'group', RouteHandlerMethod>

/** Makes the handlers of the probes, for the app's listener and the operators' listener. */
export function probeHandlers(state: HealthState, options: ProbeOptions): ProbeHandlers {
  const { registry, gates, liveness } = state
  const respond = (reply: FastifyReply, group: string) => {
    gates.markLoaded()
    // While the service drains, no check runs: the response is 503 at once, even if a check hangs.
    const runs = group === 'ready' && gates.isDraining() ? undefined : registry.refreshForProbe(group)
    const send = () => sendReadiness(reply, state.evaluate(group), options)
    if (runs) void runs.then(send)
    else send()
  }

  return {
    live: (_request: FastifyRequest, reply: FastifyReply) =>
      liveness.isFailing
        ? sendProbeResponse(reply, options.notReadyStatus, { status: 'broken' }, { status: 'fail' })
        : sendProbeResponse(reply, 200, { status: 'ok' }, { status: 'pass' }),
    ready: (_request: FastifyRequest, reply: FastifyReply) => respond(reply, 'ready'),
    startup: (_request: FastifyRequest, reply: FastifyReply) => {
      gates.markLoaded()
      if (gates.started) return sendProbeResponse(reply, 200, { status: 'started' }, { status: 'pass' })
      const tasks = options.expose && { tasks: Object.fromEntries(gates.held.map((name) => [name, false])) }
      return sendProbeResponse(
        reply,
        options.notReadyStatus,
        { status: 'starting', ...tasks },
        { status: 'fail' }
      )
    },
    group: (request: FastifyRequest, reply: FastifyReply) => {
      const { name } = request.params as { name: string }
      if (registry.hasGroup(name)) return respond(reply, name)
      return sendProbeResponse(reply, 404, { status: 'unknown group' }, { status: 'fail' })
    }
  }
}
