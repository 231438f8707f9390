import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Limit } from './resolve-limit.ts'
import type { Limiter } from './limiter.ts'
import type { Plan } from './route-plan.ts'

type Done = (error?: Error | null) => void
type Hook = (request: FastifyRequest, reply: FastifyReply, done: Done) => void

/**
 * Adds what a route's plan needs after `onRequest`. A limit per user is asked in `preParsing`, before anything is read,
 * and where authentication comes only in `preHandler`, again there, behind it.
 */
export function addRouteHooks(route: RouteOptions, plan: Plan, limiter: Limiter): void {
  const ask = (
    limits: readonly Limit[],
    request: FastifyRequest,
    reply: FastifyReply,
    done: () => void,
    fail: Done
  ) =>
    limiter.ask(limits, request, reply, (error, answered) => {
      if (error) fail(error)
      else if (!answered) done()
    })
  const hook =
    (limits: readonly Limit[]): Hook =>
    (request, reply, done) =>
      ask(limits, request, reply, () => done(), done)
  const beforeParsing =
    (limits: readonly Limit[]) =>
    (
      request: FastifyRequest,
      reply: FastifyReply,
      payload: unknown,
      done: (error?: unknown, body?: unknown) => void
    ) =>
      ask(limits, request, reply, () => done(null, payload), done)

  const { user } = plan
  const asked = new WeakSet<FastifyRequest>()
  const known = (request: FastifyRequest) => {
    const { user } = request as { user?: unknown }
    return user !== undefined && user !== null && !asked.has(request)
  }
  const add = (name: 'preParsing' | 'preValidation' | 'preHandler' | 'onResponse', hooks: unknown[]) => {
    if (hooks.length > 0) route[name] = [...[route[name] ?? []].flat(), ...hooks] as never
  }

  if (plan.preParsing.length > 0) add('preParsing', [beforeParsing(plan.preParsing)])
  if (plan.preValidation.length > 0) add('preValidation', [hook(plan.preValidation)])
  if (plan.preHandler.length > 0) add('preHandler', [hook(plan.preHandler)])
  if (user.length > 0) {
    const early = beforeParsing(user)
    add('preParsing', [
      (...[request, reply, payload, done]: Parameters<typeof early>) => {
        if (!known(request)) return done(null, payload)
        asked.add(request)
        early(request, reply, payload, done)
      }
    ])
    const late = hook(user)
    add('preHandler', [
      (...[request, reply, done]: Parameters<Hook>) => {
        if (!known(request)) return done()
        asked.add(request)
        late(request, reply, done)
      }
    ])
  }
  if (plan.limits.some(({ failures }) => failures)) {
    add('onResponse', [
      (...[request, reply, done]: Parameters<Hook>) => {
        limiter.answered(request, reply.statusCode)
        done()
      }
    ])
  }
}
