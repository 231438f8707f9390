import type { Overridable } from '@seaworthy/contract'
import { invalidOption, MAX_DELAY } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import { parseTimeout } from './header.ts'
import type { DeadlinePolicy } from './options.ts'

interface DeadlineRouteConfig {
  /**
   * The time limit of the route's requests. Milliseconds, 1 to 2147483647. `false` is no limit, for long downloads and
   * event streams.
   *
   * @defaultValue `deadline.default` of the plugin
   */
  deadline?: Overridable<this, number | false>
}

declare module 'fastify' {
  interface FastifyContextConfig extends DeadlineRouteConfig {}
}

/** The time that a request has, and what set it. */
export interface TimeLimit {
  /** Milliseconds, counted from the request's arrival. */
  readonly milliseconds: number
  /** Whether the route or the caller set it: then it also ends bodies that flow. */
  readonly isExplicit: boolean
}

/** The time limit of a request: the route's or the default one, which a trusted peer may shorten. */
export function timeLimit(policy: DeadlinePolicy, request: FastifyRequest): TimeLimit {
  const { deadline } = request.routeOptions.config as { deadline?: number | false }
  const limit = deadline === false ? Infinity : (deadline ?? policy.default)
  const requested = requestedLimit(policy, request)
  if (requested !== undefined && requested < limit) return { milliseconds: requested, isExplicit: true }
  return { milliseconds: limit, isExplicit: deadline !== undefined }
}

function requestedLimit(policy: DeadlinePolicy, request: FastifyRequest): number | undefined {
  const { header, accept, max } = policy
  const value = header !== false && accept ? request.headers[header] : undefined
  if (value === undefined || !policy.trusts(request)) return undefined
  const requested = parseTimeout(header as string, value)
  return requested === undefined ? undefined : Math.min(requested, max)
}

/** Throws for a wrong `config.deadline`. */
export function checkRouteDeadline(url: string, deadline: unknown): void {
  if (deadline === undefined || deadline === false) return
  if (typeof deadline === 'number' && deadline >= 1 && deadline <= MAX_DELAY) return
  const value = typeof deadline === 'number' ? deadline : typeof deadline
  throw invalidOption(
    `resilience: "config.deadline" of ${url} must be false or a number of milliseconds from 1 to ${MAX_DELAY}, got ${value}`
  )
}
