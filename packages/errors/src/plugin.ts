import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { hasLogger, LazyCounter } from '@seaworthy/internal'
import { watchStream } from './handlers/broken-streams.ts'
import { respondToEarlyRejections } from './handlers/early-rejections.ts'
import { Failures } from './handlers/failures.ts'
import { handledByApp } from './handlers/handled-by-app.ts'
import { installHandlers } from './handlers/install-handlers.ts'
import { notFoundResponse } from './handlers/not-found.ts'
import { mayHaveOtherRoutes, reportAtStart } from './handlers/start-report.ts'
import { ErrorsWithoutResponse } from './handlers/errors-without-response.ts'
import { watchHandler } from './handlers/watch-handler.ts'
import { isAppError } from './classes/app-error.ts'
import { guardResponse } from './internals.ts'
import { resolveOptions, type ErrorsOptions } from './options.ts'
import { resolveOnce } from './resolve/resolve-once.ts'
import { ErrorResponder } from './respond/error-responder.ts'
import { offerSchemas } from './offer-schemas.ts'

const plugin: FastifyPluginAsync<ErrorsOptions> = async (fastify, pluginOptions) => {
  const options = resolveOptions(pluginOptions)
  const counter = new LazyCounter(fastify, {
    name: 'errors_total',
    help: 'Errors in responses, responses cut off and errors after the response, by code',
    labels: ['code', 'status_code'],
    maxSeries: 200
  })
  const responder = new ErrorResponder(options, counter)
  const withoutResponse = new ErrorsWithoutResponse(fastify, counter, responder)
  const resolve = resolveOnce(fastify, options)
  const failures = new Failures(fastify)
  responder.onFailure = (failure, request, reply) =>
    withoutResponse.failedAgain(failures.before(reply, failure), failure, request)

  const installed = installHandlers(fastify, {
    onError(error, request, reply) {
      // A route may time out while its response streams: a second response is impossible.
      if (reply.raw.headersSent) return withoutResponse.cutOff(error, request, reply)
      const response = resolve(error, request, reply, failures.stateOf(reply, error))
      const before = failures.before(reply, error)
      // An inner handler of the app may also make an error for clients of another one.
      const failedAgain = before !== null && response.statusCode >= 500 && !isAppError(error)
      if (failedAgain) withoutResponse.failedAgain(before, error, request)
      responder.sendError(response, failedAgain ? before.error : error, request, reply)
    },
    onNotFound: options.notFound
      ? (request, reply) =>
          responder.send(notFoundResponse(fastify, request, options.methodNotAllowed), request, reply)
      : undefined
  })
  const hasOtherRoutes = mayHaveOtherRoutes(fastify)
  if (options.schemas) offerSchemas(fastify, hasOtherRoutes)
  const pluginHandler = installed.errorHandler === 'plugin' ? fastify.errorHandler : undefined
  const isHandledByApp = handledByApp(fastify, pluginHandler)

  fastify.addHook('onRoute', (route) =>
    watchHandler(
      route,
      (reply) => failures.handlerStarts(reply),
      (error, request, reply) => withoutResponse.afterReply(error, request, reply)
    )
  )
  fastify.addHook('onError', (request, reply, error, done) => {
    failures.note(reply, error)
    // Otherwise Fastify's default handler would send what the app's handler throws.
    if (pluginHandler === undefined) {
      guardResponse(reply, error, (failure) => responder.sendFallback(failure, reply))
    }
    // Later `onError` hooks read the status, which would be 200 without this.
    if (!reply.raw.headersSent && !isHandledByApp(request)) {
      reply.code(resolve(error, request, reply, failures.stateOf(reply, error)).statusCode)
    }
    done()
  })
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload === 'object' && payload !== null && !Buffer.isBuffer(payload)) {
      watchStream(reply, payload, {
        onStreamError: (error) => withoutResponse.streamFailed(error, request, reply),
        onResponseError: (error) => withoutResponse.cutOff(error, request, reply)
      })
    }
    done()
  })
  respondToEarlyRejections(fastify, options, resolve, responder, counter)

  fastify.addHook('onReady', (done) => {
    responder.log = hasLogger(fastify) && (options.log ?? !fastify.hasDecorator('observability'))
    const replaced = pluginHandler !== undefined && fastify.errorHandler !== pluginHandler
    const handlers = replaced ? ({ ...installed, errorHandler: 'app' } as const) : installed
    reportAtStart(fastify, handlers, hasOtherRoutes)
    done()
  })
}

/**
 * One error shape for a whole Fastify app: RFC 9457 problem details or JSON, safe by default.
 *
 * @example
 * await app.register(errors, { map: [{ match: 'ECONNREFUSED', to: 503 }] })
 * app.get('/orders/:id', async () => {
 *   throw new NotFoundError('Order')
 * })
 */
export const errors: FastifyPluginAsync<ErrorsOptions> = fp(plugin, {
  name: '@seaworthy/errors',
  fastify: '^5.8.5'
})
