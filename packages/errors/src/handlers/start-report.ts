import type { FastifyInstance } from 'fastify'
import {
  constructorReportPort,
  hasEarlyRejectionOptions,
  isOperationalPath,
  provided
} from '@seaworthy/contract'
import { printedRoutes } from '../internals.ts'
import type { InstalledHandlers } from './install-handlers.ts'

/** Paths of the platform that other plugins often add first: no client reads their errors. */
const platformPaths = /^\/(metrics|health(\/.*)?)$/

const maxRoutes = 10

/**
 * Logs one line for each reason why some responses will have another shape.
 *
 * @param hasOtherRoutes - Whether there may be routes that the plugin has not seen.
 */
export function reportAtStart(
  fastify: FastifyInstance,
  installed: InstalledHandlers,
  hasOtherRoutes: boolean
): void {
  const { log } = fastify
  const { errorHandler, notFoundHandler } = installed
  if (errorHandler === 'app' || notFoundHandler === 'app') {
    const kept = [errorHandler === 'app' && 'error handler', notFoundHandler === 'app' && '404 handler']
    log.warn(
      { errorHandler, notFoundHandler },
      `errors: the app has its own ${kept.filter(Boolean).join(' and ')}; keeping the shape of its responses; remove ` +
        'it to have one shape'
    )
  }
  if (errorHandler === 'plugin' && hasOtherRoutes) reportRoutes(fastify)
  if (!hasEarlyRejectionOptions(fastify) && !provided(fastify, constructorReportPort)) {
    log.warn(
      'errors: the app was built without errorsServerOptions(); malformed URLs and malformed HTTP are answered in ' +
        "Fastify's own shape; build it with Fastify({ ...errorsServerOptions() })"
    )
  }
}

function reportRoutes(fastify: FastifyInstance): void {
  const routes = printedRoutes(fastify)
    ?.filter(({ hasDefaultHandler }) => hasDefaultHandler)
    .map(({ path }) => path)
    .filter((path) => !platformPaths.test(path) && !isOperationalPath(fastify, path))
  if (routes === undefined) {
    fastify.log.warn(
      'errors: reading the error handlers of routes failed with this Fastify; routes that were added before this ' +
        'plugin are not reported; register errors first, with await'
    )
  } else if (routes.length > 0) {
    fastify.log.warn(
      { routes: routes.slice(0, maxRoutes) },
      isInScope(fastify)
        ? "errors: routes are outside of this plugin's scope, or were added before it; they keep Fastify's default " +
            'error handler; register errors first, with await, in the app itself'
        : "errors: routes were added before this plugin; they keep Fastify's default error handler; register errors " +
            'first, with await'
    )
  }
}

/** Whether the plugin serves a part of the app only. */
const isInScope = (fastify: FastifyInstance): boolean => 'register' in Object.getPrototypeOf(fastify)

/** Whether some routes of the app may be without the plugin's hooks: in outer scopes, or because they were added before. */
export function mayHaveOtherRoutes(fastify: FastifyInstance): boolean {
  if (isInScope(fastify)) return true
  return printedRoutes(fastify)?.every(({ path }) => isOperationalPath(fastify, path)) !== true
}
