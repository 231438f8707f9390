import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { hasLogger, LazyCounter } from '@seaworthy/internal'
import { watchStream } from './handlers/broken-streams.ts'
import { respondToEarlyRejections } from './handlers/early-rejections.ts'
import { reportErrorsAfterReply } from './handlers/errors-after-reply.ts'
import { handledByApp } from './handlers/handled-by-app.ts'
import { installHandlers } from './handlers/install-handlers.ts'
import { notFoundResponse } from './handlers/not-found.ts'
import { reportAtStart } from './handlers/start-report.ts'
import { UnansweredErrors } from './handlers/unanswered-errors.ts'
import { resolveOptions, type ErrorsOptions } from './options.ts'
import { resolveOnce } from './resolve/resolve-once.ts'
import { ErrorResponder } from './respond/error-responder.ts'
import { errorSchema, problemSchema } from './schemas.ts'

const plugin: FastifyPluginAsync<ErrorsOptions> = async (fastify, pluginOptions) => {
  const options = resolveOptions(pluginOptions)
  const counter = new LazyCounter(fastify, {
    name: 'errors_total',
    help: 'Errors answered, responses cut off and errors after the answer, by code',
    labels: ['code', 'status_code'],
    maxSeries: 200
  })
  const responder = new ErrorResponder(options, counter)
  const unanswered = new UnansweredErrors(fastify, counter, responder)
  const resolve = resolveOnce(fastify, options)

  const installed = installHandlers(fastify, {
    onError(error, request, reply) {
      // A route may time out while its response streams: a second response is impossible.
      if (reply.raw.headersSent) unanswered.cutOff(error, request, reply)
      else responder.sendError(resolve(error, request, reply), error, request, reply)
    },
    onNotFound: options.notFound
      ? (request, reply) =>
          responder.send(notFoundResponse(fastify, request, options.methodNotAllowed), request, reply)
      : undefined
  })
  const pluginHandler = installed.errorHandler === 'plugin' ? fastify.errorHandler : undefined
  const isHandledByApp = handledByApp(fastify, pluginHandler)

  fastify.addHook('onRoute', (route) =>
    reportErrorsAfterReply(route, (error, request, reply) => unanswered.afterReply(error, request, reply))
  )
  fastify.addHook('onError', (request, reply, error, done) => {
    // Later `onError` hooks read the status, which would be 200 without this.
    if (!reply.raw.headersSent && !isHandledByApp(request)) {
      reply.code(resolve(error, request, reply).statusCode)
    }
    done()
  })
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload === 'object' && payload !== null && !Buffer.isBuffer(payload)) {
      watchStream(reply, payload, {
        onStreamError: (error) => unanswered.streamFailed(error, request, reply),
        onResponseError: (error) => unanswered.cutOff(error, request, reply)
      })
    }
    done()
  })
  respondToEarlyRejections(fastify, options, resolve, responder, counter)
  if (options.schemas) addSchemas(fastify)

  fastify.addHook('onReady', (done) => {
    responder.log = hasLogger(fastify) && (options.log ?? !fastify.hasDecorator('observability'))
    const replaced = pluginHandler !== undefined && fastify.errorHandler !== pluginHandler
    reportAtStart(fastify, replaced ? { ...installed, errorHandler: 'app' } : installed)
    done()
  })
}

function addSchemas(fastify: FastifyInstance): void {
  for (const schema of [errorSchema, problemSchema]) {
    if (fastify.getSchema(schema.$id) === undefined) fastify.addSchema(schema)
  }
}

/** One error shape for a whole Fastify app: RFC 9457 problem details or JSON, safe by default. */
export const errors: FastifyPluginAsync<ErrorsOptions> = fp(plugin, {
  name: '@seaworthy/errors',
  fastify: '^5.8.5'
})
