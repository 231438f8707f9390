import { scopesOf } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { check } from '../core/option-checks.ts'
import { watchHooks } from '../internals.ts'
import type { Requirement } from './requirement.ts'
import { isLateStage, phases } from './uncalled-guards.ts'

/** The requirements that the hooks of whole scopes bring. */
export interface ScopeGuards {
  /** Those of the instance on which a route was added. Complete when the app is ready. */
  of(instance: object): readonly Requirement[]
}

export interface ScopeGuardsOptions {
  /** The requirement of a hook, `undefined` for a hook of the app. */
  requirementOf(hook: object): Requirement | undefined
  isGuard(hook: unknown): boolean
  /** Stops the start for a hook that is none. */
  checkHook(stage: string, hook: object): void
}

export function createScopeGuards(
  fastify: FastifyInstance,
  { requirementOf, isGuard, checkHook }: ScopeGuardsOptions
): ScopeGuards {
  const byScope = new WeakMap<object, Requirement[]>()

  watchHooks(fastify, (instance, name, hook) => {
    if (typeof hook !== 'function') return
    checkHook(name, hook)
    if (isLateStage(name) && isGuard(hook)) {
      const rule = 'free of guards: it runs after the handler; use onRequest'
      check.failWith(`the hook ${name}`, rule, 'app.authenticate or app.authorize(…)')
    }
    if (!(phases as readonly string[]).includes(name)) return
    const requirement = requirementOf(hook)
    if (requirement !== undefined) byScope.set(instance, [...(byScope.get(instance) ?? []), requirement])
  })

  return {
    // A scope has all hooks of its parents, also those that they got after it started.
    of: (instance) => [...scopesOf(instance)].toReversed().flatMap((scope) => byScope.get(scope) ?? [])
  }
}
