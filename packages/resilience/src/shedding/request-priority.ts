import type { FastifyRequest } from 'fastify'
import type { DeadlinePolicy } from '../deadline/options.ts'
import { priorities, type Priority } from './priority.ts'

/** The priority of a request: the route's, which a trusted peer may lower by the header. */
export function requestPriority(
  header: string | false,
  { trusts }: Pick<DeadlinePolicy, 'trusts'>
): (request: FastifyRequest) => Priority {
  return (request) => {
    const own = request.routeOptions.config.priority ?? 'normal'
    const value = header === false ? undefined : request.headers[header]
    if (value === undefined) return own
    const rank = priorities.indexOf(value as Priority)
    return rank >= 0 && rank < priorities.indexOf(own) && trusts(request) ? priorities[rank]! : own
  }
}

/** Tells the services that are called how urgent the request is, unless that is normal. */
export function addPriorityTo(
  header: string,
  priorityOf: (request: FastifyRequest) => Priority
): (request: FastifyRequest, headers: Headers) => void {
  return (request, headers) => {
    const priority = priorityOf(request)
    if (priority !== 'normal' && !headers.has(header)) headers.set(header, priority)
  }
}
