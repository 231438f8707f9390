import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  allowErrorHandler,
  allowNotFoundHandler,
  hasAppErrorHandler,
  isNotFoundHandlerSet,
  recognisesErrorHandlers
} from '../internals.ts'

/** The handlers to install. */
export interface Handlers {
  onError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void
  /** Left out if the app responds to unknown routes. */
  onNotFound?: ((request: FastifyRequest, reply: FastifyReply) => void) | undefined
}

/** Which handlers respond in the scope where the plugin was registered. */
export interface InstalledHandlers {
  errorHandler: 'plugin' | 'app'
  notFoundHandler: 'plugin' | 'app' | 'off'
}

/** Sets the handlers, except where this scope has handlers of the app. */
export function installHandlers(
  fastify: FastifyInstance,
  { onError, onNotFound }: Handlers
): InstalledHandlers {
  const errorHandler = hasAppErrorHandler(fastify) ? 'app' : 'plugin'
  if (errorHandler === 'plugin') {
    fastify.setErrorHandler(onError)
    allowErrorHandler(fastify)
    if (!recognisesErrorHandlers(fastify)) {
      fastify.log.warn(
        'errors: recognising error handlers failed with this Fastify; the handler of the app, if there is one, was ' +
          'replaced; set it after this plugin to keep it'
      )
    }
  }
  if (onNotFound === undefined) return { errorHandler, notFoundHandler: 'off' }

  if (!setNotFoundHandler(fastify, onNotFound)) return { errorHandler, notFoundHandler: 'app' }
  const installed: InstalledHandlers = { errorHandler, notFoundHandler: 'plugin' }
  giveWayToLaterHandler(fastify, () => {
    installed.notFoundHandler = 'app'
  })
  return installed
}

/** Sets the 404 handler unless this scope has one already. Returns whether it was set. */
function setNotFoundHandler(fastify: FastifyInstance, handler: NonNullable<Handlers['onNotFound']>): boolean {
  try {
    fastify.setNotFoundHandler(handler)
    return true
  } catch (error) {
    if (isNotFoundHandlerSet(error)) return false
    throw error
  }
}

/**
 * A prefix can have one 404 handler. If the app sets one later, it replaces the plugin's. Where that cannot be done, in a
 * scope with a prefix, Fastify's error does not name this plugin, so it is replaced by one that says what to do.
 */
function giveWayToLaterHandler(fastify: FastifyInstance, onReplaced: () => void): void {
  const prefixOf = ({ prefix }: FastifyInstance): string => prefix || '/'
  const original = fastify.setNotFoundHandler as (...args: unknown[]) => FastifyInstance
  let isReplaced = false
  const replacing = function (this: FastifyInstance, ...args: unknown[]) {
    try {
      return original.apply(this, args)
    } catch (error) {
      if (isReplaced || !isNotFoundHandlerSet(error) || prefixOf(this) !== prefixOf(fastify)) throw error
      if (prefixOf(this) === '/' && allowNotFoundHandler(this)) {
        isReplaced = true
        onReplaced()
        return original.apply(this, args)
      }
      throw new Error(
        'errors: cannot set a 404 handler: the plugin "errors" already responds to unknown routes. Pass ' +
          '{ notFound: false } to it (to fastify-seaworthy errors: { notFound: false }), or set yours before it',
        { cause: error }
      )
    }
  }
  fastify.setNotFoundHandler = replacing
}
