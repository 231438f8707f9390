import type { FastifyReply, FastifyRequest } from 'fastify'
import { Deadline, type DeadlineSettings } from './deadline.ts'

const key: unique symbol = Symbol('seaworthy.resilience.request')

/** The plugin's data of one request. */
export interface RequestState {
  readonly reply: FastifyReply
  /** On the clock, in milliseconds. */
  readonly arrivedAt: number
  readonly settings: DeadlineSettings
  /** Created when it is first used. */
  deadline: Deadline | undefined
  /** The names of the breakers that served a fallback or a last good value. */
  degraded: string[] | null
  /** When load shedding admitted the request, while it counts towards the concurrency limit. */
  admittedAt: number | undefined
}

type WithState = FastifyRequest & { [key]?: RequestState | null }

/** The state of a request. `undefined` outside of a request, and for routes that were added before the plugin. */
export const requestState = (request: FastifyRequest | null | undefined): RequestState | undefined =>
  (request as WithState | undefined)?.[key] ?? undefined

/** Creates the state of an arriving request. */
export function initRequestState(
  request: FastifyRequest,
  reply: FastifyReply,
  settings: DeadlineSettings
): void {
  ;(request as WithState)[key] = {
    reply,
    arrivedAt: settings.clock.now(),
    settings,
    deadline: undefined,
    degraded: null,
    admittedAt: undefined
  }
}

/** A request's deadline. `undefined` where {@link requestState} is. */
export function deadlineOf(request: FastifyRequest | null | undefined): Deadline | undefined {
  const state = requestState(request)
  if (!state) return undefined
  const { arrivedAt, settings, reply } = state
  return (state.deadline ??= new Deadline(arrivedAt, settings.timeLimit(request!), settings, reply))
}

export { key as requestStateKey }
