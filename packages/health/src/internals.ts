/**
 * Parts of Fastify that are not documented. Nothing else in this package depends on such parts.
 * `test/internals.test.ts` runs each against the installed version.
 */
import type { FastifyInstance } from 'fastify'

interface Hooks {
  add(name: string, fn: unknown): void
}

const noop = (): void => undefined

/**
 * Isolates an encapsulated scope from the app's hooks, from those that exist and from those that are added later: a
 * probe must not fail because a hook for authentication, limits or load shedding rejects it.
 *
 * Fastify has no public way to do so, because a route's hooks run after the instance's. Each scope has its hooks in a
 * property under the symbol `fastify.hooks`, which is replaced by an empty set that ignores additions. Returns `false`
 * if there is no such property, or if Fastify does not use it; then the scope keeps the app's hooks.
 */
export function isolateFromHooks(scope: FastifyInstance): boolean {
  const key = Object.getOwnPropertySymbols(scope).find(({ description }) => description === 'fastify.hooks')
  if (key === undefined) return false
  const holder = scope as unknown as Record<symbol, Hooks>
  const hooks = holder[key]
  if (
    typeof hooks?.add !== 'function' ||
    !Array.isArray((hooks as Hooks & { onRequest?: unknown }).onRequest)
  ) {
    return false
  }

  const isolated = Object.create(Object.getPrototypeOf(hooks) as object) as Hooks & Record<string, unknown>
  for (const name of Object.keys(hooks)) isolated[name] = []
  holder[key] = isolated
  if (!takesHooks(scope, isolated)) {
    holder[key] = hooks
    return false
  }
  isolated.add = noop
  return true
}

/** Self-test: whether Fastify adds the hooks of a scope to these. */
function takesHooks(scope: FastifyInstance, hooks: Hooks): boolean {
  let added = false
  hooks.add = () => {
    added = true
  }
  scope.addHook('onRoute', noop)
  return added
}
