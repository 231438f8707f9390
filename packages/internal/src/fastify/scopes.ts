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

/**
 * A value that the registrations of a plugin in an app share, also those in scopes and those of another copy of the
 * package.
 *
 * @param name - The package, the value, and the version of its shape: `security.rate-limits.v1`.
 */
export function sharedInApp<T>(fastify: FastifyInstance, name: string, create: () => T): T {
  const root = rootOf(fastify) as unknown as Record<symbol, T | undefined>
  return (root[Symbol.for(`seaworthy.${name}`)] ??= create())
}
