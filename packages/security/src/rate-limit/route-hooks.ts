import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { addUserHooks } from '../user-hooks.ts'
import type { Limiter } from './limiter.ts'
import type { Limit } from './resolve-limit.ts'
import type { RoutePlan } from './route-plan.ts'

type Done = (error?: Error | null) => void
type Hook = (request: FastifyRequest, reply: FastifyReply, done: Done) => void
type PreParsingHook = (
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error?: unknown, body?: unknown) => void
) => void

/** Adds the hooks of a route's plan after `onRequest`. */
export function addRouteHooks(route: RouteOptions, plan: RoutePlan, limiter: Limiter): void {
  const enforce = (
    limits: readonly Limit[],
    request: FastifyRequest,
    reply: FastifyReply,
    pass: () => void,
    fail: Done
  ) =>
    limiter.enforce(limits, request, reply, (error, replied) => {
      if (error) fail(error)
      else if (!replied) pass()
    })
  const createHook =
    (limits: readonly Limit[]): Hook =>
    (request, reply, done) =>
      enforce(limits, request, reply, () => done(), done)
  const createPreParsingHook =
    (limits: readonly Limit[]): PreParsingHook =>
    (request, reply, payload, done) =>
      enforce(limits, request, reply, () => done(null, payload), done)
  const add = (name: 'preParsing' | 'preValidation' | 'preHandler' | 'onResponse', hook: unknown) => {
    route[name] = [...[route[name] ?? []].flat(), hook] as never
  }

  if (plan.preParsing.length > 0) add('preParsing', createPreParsingHook(plan.preParsing))
  if (plan.preValidation.length > 0) add('preValidation', createHook(plan.preValidation))
  if (plan.preHandler.length > 0) add('preHandler', createHook(plan.preHandler))
  if (plan.user.length > 0) addUserHooks(route, createHook(plan.user))
  if (plan.limits.some(({ failures }) => failures)) {
    const onResponse: Hook = (request, reply, done) => {
      limiter.onResponse(request, reply.statusCode)
      done()
    }
    add('onResponse', onResponse)
  }
}
