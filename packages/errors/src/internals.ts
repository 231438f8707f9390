/**
 * Parts of Fastify and of other libraries that are not documented. Nothing else in this package depends on such parts.
 * `test/internals.test.ts` runs each against the installed versions.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'

const defaultHandlerName = 'defaultErrorHandler'

/** Fastify binds the handlers that are set, so they have no `prototype`. Its default handler is a plain function. */
const isDefaultErrorHandler = (handler: FastifyInstance['errorHandler']): boolean =>
  handler.name === defaultHandlerName || Object.hasOwn(handler, 'prototype')

/**
 * Whether the app has set an error handler in this very scope, so that the plugin keeps it. If Fastify did not bind
 * handlers any more, the plugin might replace one: {@link recognisesErrorHandlers} tests that at start.
 */
export function hasAppErrorHandler(fastify: FastifyInstance): boolean {
  const { errorHandler } = fastify
  const outer = (Object.getPrototypeOf(fastify) as Partial<FastifyInstance>).errorHandler
  return errorHandler !== outer && !isDefaultErrorHandler(errorHandler)
}

/** Whether {@link hasAppErrorHandler} recognises the handler that has just been set in this scope. */
export const recognisesErrorHandlers: (fastify: FastifyInstance) => boolean = hasAppErrorHandler

/**
 * Whether an error means that the scope has a 404 handler already. Fastify throws a plain error without a code. With
 * another text, the start would fail with Fastify's own error.
 */
export const isNotFoundHandlerSet = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('Not found handler already set')

/**
 * The routes that keep Fastify's default error handler, because they were added before the plugin. The only view of a
 * route's error handler is the tree that `printRoutes` prints: each level is four columns deeper. `undefined` if the
 * tree has another format; then nothing is known about the routes.
 */
export function routesWithDefaultHandler(fastify: FastifyInstance): string[] | undefined {
  const tree = fastify.printRoutes({ commonPrefix: false, includeMeta: ['errorHandler'] })
  const routes: string[] = []
  const parts: string[] = []
  let handlers = 0
  for (const line of tree.split('\n')) {
    const [, indent = '', part] = /^(.*?)[├└]── (.*?)(?: \([A-Z, ]+\).*)?$/.exec(line) ?? []
    if (part !== undefined) parts.splice(indent.length / 4, Infinity, part)
    else if (line.includes('(errorHandler) "')) {
      handlers++
      if (line.includes(`"${defaultHandlerName}()"`)) routes.push(parts.join(''))
    }
  }
  return handlers > 0 || parts.length === 0 ? routes : undefined
}

/**
 * Sends the body, and has every later attempt to send go to `sendAgain`. Fastify's default handler sends the message of
 * a failure when a hook fails on this very response. If Fastify did not call `reply.send` for that, the message would
 * reach the client.
 */
export function sendOnce(reply: FastifyReply, body: object, sendAgain: FastifyReply['send']): void {
  const { send } = reply
  reply.send = sendAgain
  send.call(reply, body)
}

/** The members by which errors of libraries are recognised. They are read once, because getters may throw. */
export interface ThrownMembers {
  name?: unknown
  message?: unknown
  code?: unknown
  statusCode?: unknown
  status?: unknown
  expose?: unknown
}

const fastifyErrorBrand = Symbol.for('fastify-error-generic')

/**
 * Whether @fastify/error made the error: Fastify itself and its plugins use it. Older versions set only the name.
 * Without both, such errors are answered with 500.
 */
export const isFastifyError = (error: object, { name, code }: ThrownMembers): boolean =>
  typeof code === 'string' && (fastifyErrorBrand in error || name === 'FastifyError')

/** Whether http-errors made the error. Its own `isHttpError` looks at the same members. Without them: 500. */
export const isHttpError = ({ expose, status, statusCode }: ThrownMembers): boolean =>
  typeof expose === 'boolean' && typeof statusCode === 'number' && status === statusCode

/** Whether @fastify/rate-limit made the error: a plain `Error`, thrown after it has set its headers. Otherwise: 500. */
export const isRateLimitError = ({ message, statusCode }: ThrownMembers, reply: FastifyReply): boolean =>
  (statusCode === 429 || statusCode === 403) &&
  typeof message === 'string' &&
  message.startsWith('Rate limit exceeded, retry in ') &&
  (reply.hasHeader('retry-after') || reply.hasHeader('x-ratelimit-limit'))
