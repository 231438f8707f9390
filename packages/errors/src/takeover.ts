import type { FastifyInstance } from 'fastify'

/** Whether this very scope has an error handler of the app's. Fastify binds those that are set; its own is not bound. */
export function hasOwnErrorHandler(fastify: FastifyInstance): boolean {
  const { errorHandler } = fastify
  const outer = (Object.getPrototypeOf(fastify) as Partial<FastifyInstance>).errorHandler
  return errorHandler !== outer && !Object.hasOwn(errorHandler, 'prototype')
}

/** Fastify says so with a plain Error. */
const isAlreadySet = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('Not found handler already set')

/** Runs `set` unless this scope has a 404 handler already. */
export function takeNotFound(set: () => unknown): boolean {
  try {
    set()
    return true
  } catch (error) {
    if (isAlreadySet(error)) return false
    throw error
  }
}

/**
 * Once this plugin answers unknown routes, Fastify throws at whoever sets a handler of theirs, and says neither who
 * was there first nor what to do. A scope with a prefix of its own may still have its own.
 */
export function refuseLaterNotFound(fastify: FastifyInstance): void {
  const prefixOf = ({ prefix }: FastifyInstance): string => prefix || '/'
  const set = fastify.setNotFoundHandler as (...args: unknown[]) => FastifyInstance
  const guarded = function (this: FastifyInstance, ...args: unknown[]) {
    try {
      return set.apply(this, args)
    } catch (error) {
      if (!isAlreadySet(error) || prefixOf(this) !== prefixOf(fastify)) throw error
      throw new Error(
        'errors: cannot set a 404 handler: the plugin "errors" answers unknown routes already. Pass ' +
          '{ notFound: false } to it (to fastify-seaworthy errors: { notFound: false }), or set yours before it',
        { cause: error }
      )
    }
  }
  fastify.setNotFoundHandler = guarded
}

/** Whether the constructor got `earlyRejectionOptions`, by this plugin's helper or a neighbour's. */
export const hasRefusalOptions = ({ server }: FastifyInstance): boolean =>
  server.listeners('clientError').some(({ name }) => name.startsWith('bound clientErrorHandler'))

/** The service's own: they have no errors that clients read, and their plugins often come first. */
const operational = /^\/(metrics|health(\/.*)?)$/

/** Routes that were added too early: they answer with Fastify's own error handler. */
export function routesWithDefaultHandler(fastify: FastifyInstance): string[] {
  // The one public view of a route's error handler: a tree, each part four columns deeper than its parent.
  const tree = fastify.printRoutes({ commonPrefix: false, includeMeta: ['errorHandler'] })
  const routes: string[] = []
  const parts: string[] = []
  for (const line of tree.split('\n')) {
    const [, indent = '', part] = /^(.*?)[├└]── (.*?)(?: \([A-Z, ]+\).*)?$/.exec(line) ?? []
    if (part !== undefined) parts.splice(indent.length / 4, Infinity, part)
    else if (line.includes('(errorHandler) "defaultErrorHandler()"')) routes.push(parts.join(''))
  }
  return routes.filter((route) => !operational.test(route))
}
