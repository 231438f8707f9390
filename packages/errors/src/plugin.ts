import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { errorsStatusPort, provide, provided, reporterPort, type ErrorsStatus } from '@seaworthy/contract'
import { hasLogger } from '@seaworthy/internal'
import type { Answer } from './answer.ts'
import { Answerer } from './answerer.ts'
import { ErrorCounts } from './counts.ts'
import { watchLateErrors } from './late.ts'
import { loggable } from './loggable.ts'
import { notFoundAnswer } from './not-found.ts'
import { resolveOptions, type ErrorsOptions } from './options.ts'
import { answerRefusals } from './refusals.ts'
import { resolveError } from './resolve.ts'
import { errorSchema, problemSchema } from './schemas.ts'
import { watchStream } from './streams.ts'
import {
  hasOwnErrorHandler,
  hasRefusalOptions,
  refuseLaterNotFound,
  routesWithDefaultHandler,
  takeNotFound
} from './takeover.ts'

const plugin: FastifyPluginAsync<ErrorsOptions> = async (fastify, given) => {
  const options = resolveOptions(given)
  const counts = new ErrorCounts(fastify)
  const answerer = new Answerer(options, counts)
  const kOwnHandler = Symbol('seaworthy.errors.own-handler')
  // On the reply: each collection of young garbage walks a WeakMap and may keep its keys, and with a reply a request.
  const kDecided = Symbol('seaworthy.errors.decided')
  fastify.decorateReply(kDecided, null)

  /** What was decided in `onError`, for the handler: decided once, and the same for whoever reads the status. */
  function answerOf(error: unknown, request: FastifyRequest, reply: FastifyReply): Answer {
    const own = reply as unknown as Record<symbol, { error: unknown; answer: Answer } | null>
    const known = own[kDecided]
    if (known && known.error === error) return known.answer
    const answer = resolveError(error, request, reply, options)
    own[kDecided] = { error, answer }
    return answer
  }

  function handler(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    // A route that runs out of time while it streams: there is no second answer.
    if (reply.raw.headersSent) cutOff(error, request, reply)
    else answerer.error(answerOf(error, request, reply), error, request, reply)
  }

  /** An error that can no longer be answered: counted, and told to the tracker. Fastify has logged it. */
  function unanswered(code: string, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    counts.add(code, reply.statusCode)
    provided(fastify, reporterPort)?.report(error, {
      source: code.toLowerCase().replaceAll('_', ' '),
      request
    })
  }

  function cutOff(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    unanswered('RESPONSE_CUT_OFF', error, request, reply)
    if (answerer.log)
      request.log.error({ err: loggable(error), code: 'RESPONSE_CUT_OFF' }, 'response cut off')
    reply.raw.destroy()
  }

  const status = takeOver(fastify, options, handler, (request, reply) => {
    answerer.plain(notFoundAnswer(fastify, request, options.methodNotAllowed), request, reply)
  })
  const ours = status.errorHandler === 'plugin' ? fastify.errorHandler : undefined

  let ownHandlers = false
  const hasOwnHandler = ({ routeOptions }: FastifyRequest): boolean =>
    (routeOptions.config as unknown as Record<symbol, unknown> | undefined)?.[kOwnHandler] === true
  fastify.addHook('onRoute', (route) => {
    if (route.errorHandler !== undefined) {
      ownHandlers = true
      route.config = { ...route.config, [kOwnHandler]: true } as never
    }
    watchLateErrors(route, (error, request, reply) => unanswered('ERROR_AFTER_ANSWER', error, request, reply))
  })
  fastify.addHook('onError', (request, reply, error, done) => {
    // Before the other hooks look: without this they would see 200.
    const theirs = request.server.errorHandler !== ours || (ownHandlers && hasOwnHandler(request))
    if (!theirs && !reply.raw.headersSent) reply.code(answerOf(error, request, reply).statusCode)
    done()
  })
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload === 'object' && payload !== null && !Buffer.isBuffer(payload)) {
      watchStream(reply, payload, {
        broken: (error) => unanswered('RESPONSE_CUT_OFF', error, request, reply),
        cut: (error) => cutOff(error, request, reply)
      })
    }
    done()
  })

  answerRefusals(fastify, options, answerer, counts)
  if (options.schemas) addSchemas(fastify)
  fastify.addHook('onReady', (done) => {
    answerer.log = hasLogger(fastify) && (options.log ?? !fastify.hasDecorator('observability'))
    if (ours !== undefined && fastify.errorHandler !== ours) status.errorHandler = 'app'
    status.routesBefore = routesWithDefaultHandler(fastify)
    report(fastify, status)
    done()
  })
  provide(fastify, errorsStatusPort, status)
}

type Status = { -readonly [Key in keyof ErrorsStatus]: ErrorsStatus[Key] }

function takeOver(
  fastify: FastifyInstance,
  { notFound }: { notFound: boolean },
  handler: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void,
  notFoundHandler: (request: FastifyRequest, reply: FastifyReply) => void
): Status {
  const app = hasOwnErrorHandler(fastify)
  if (!app) fastify.setErrorHandler(handler)
  const taken = notFound && takeNotFound(() => fastify.setNotFoundHandler(notFoundHandler))
  if (taken) refuseLaterNotFound(fastify)
  return {
    errorHandler: app ? 'app' : 'plugin',
    notFoundHandler: notFound ? (taken ? 'plugin' : 'app') : 'off',
    refusals: hasRefusalOptions(fastify),
    routesBefore: []
  }
}

function addSchemas(fastify: FastifyInstance): void {
  for (const schema of [errorSchema, problemSchema]) {
    if (fastify.getSchema(schema.$id) === undefined) fastify.addSchema(schema)
  }
}

/** One line for each thing that keeps answers from having one shape. */
function report({ log }: FastifyInstance, status: ErrorsStatus): void {
  const { errorHandler, notFoundHandler, refusals, routesBefore } = status
  if (errorHandler === 'app' || notFoundHandler === 'app') {
    const own = [errorHandler === 'app' && 'error handler', notFoundHandler === 'app' && '404 handler']
    log.warn(
      { errorHandler, notFoundHandler },
      `errors: the app has its own ${own.filter(Boolean).join(' and ')}, which stays: its answers keep their shape`
    )
  }
  if (routesBefore.length > 0 && errorHandler === 'plugin') {
    log.warn(
      { routes: routesBefore.slice(0, 10) },
      'errors: routes added before this plugin keep the default error handler: register errors first, with await'
    )
  }
  if (!refusals) {
    log.warn(
      'errors: the app was built without errorsServerOptions(), so malformed URLs and malformed HTTP are answered in ' +
        "Fastify's own shape: Fastify({ ...errorsServerOptions() })"
    )
  }
}

/** One error shape for a whole Fastify app: RFC 9457 problem details or JSON, safe by default. */
export const errors: FastifyPluginAsync<ErrorsOptions> = fp(plugin, {
  name: '@seaworthy/errors',
  fastify: '^5.8.5'
})
