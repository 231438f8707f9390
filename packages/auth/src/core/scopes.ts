import type { FastifyInstance } from 'fastify'

/** The scopes of an instance: itself, then its parent, which is its prototype, and so on. */
export function* scopesOf(instance: object): Generator<object> {
  let scope = instance as object | null
  for (; scope !== null && 'addHook' in scope; scope = Object.getPrototypeOf(scope) as object | null)
    yield scope
}

/** The instance above all scopes. */
export const rootOf = (fastify: FastifyInstance): FastifyInstance =>
  [...scopesOf(fastify)].at(-1) as FastifyInstance

/** A value that the registrations of an app share, also those of another copy of this package. */
export function sharedInApp<T>(fastify: FastifyInstance, name: string, create: () => T): T {
  const key = Symbol.for(`seaworthy.auth.${name}`)
  const root = rootOf(fastify)
  if (!root.hasDecorator(key)) root.decorate<unknown>(key, create())
  return (root as unknown as Record<symbol, T>)[key]!
}
