import type { FastifyRequest } from 'fastify'
import type { DeadlinePolicy } from '../deadline/options.ts'
import { priorities, type Priority } from './priority.ts'

/** The priority of a request: the route's, which a trusted peer may lower by the header. */
export function requestPriority(
  header: string | false,
  { trusts }: Pick<DeadlinePolicy, 'trusts'>
): (request: FastifyRequest) => Priority {
  return (request) => {
    const ofRoute = request.routeOptions.config.priority ?? 'normal'
    const value = header === false ? undefined : request.headers[header]
    if (value === undefined) return ofRoute
    const rank = priorities.indexOf(value as Priority)
    return rank >= 0 && rank < priorities.indexOf(ofRoute) && trusts(request) ? priorities[rank]! : ofRoute
  }
}

/** Adds the header with the request's priority to an outgoing call, unless the priority is normal. */
export function addPriorityTo(
  header: string,
  priorityOf: (request: FastifyRequest) => Priority
): (request: FastifyRequest, headers: Headers) => void {
  return (request, headers) => {
    const priority = priorityOf(request)
    if (priority !== 'normal' && !headers.has(header)) headers.set(header, priority)
  }
}
