import type { FastifyInstance } from 'fastify'
import { watchHooks } from '../internals.ts'
import type { Requirement } from './requirement.ts'

/** The requirements that the hooks of whole scopes bring. */
export interface ScopeGuards {
  /** Those of the instance on which a route was added. Complete when the app is ready. */
  of(instance: object): readonly Requirement[]
}

/** @param requirementOf - The requirement of a hook, `undefined` for a hook of the app. */
export function createScopeGuards(
  fastify: FastifyInstance,
  phases: readonly string[],
  requirementOf: (hook: object) => Requirement | undefined
): ScopeGuards {
  const byScope = new WeakMap<object, Requirement[]>()

  watchHooks(fastify, (instance, name, hook) => {
    if (!phases.includes(name) || typeof hook !== 'function') return
    const requirement = requirementOf(hook)
    if (requirement !== undefined) byScope.set(instance, [...(byScope.get(instance) ?? []), requirement])
  })

  return {
    // A scope has all hooks of its parents, also those that they got after it started. Its prototype is its parent.
    of(instance) {
      const found: Requirement[] = []
      for (
        let scope: object | null = instance;
        scope !== null;
        scope = Object.getPrototypeOf(scope) as object | null
      )
        found.unshift(...(byScope.get(scope) ?? []))
      return found
    }
  }
}
