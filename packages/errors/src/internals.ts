/**
 * Parts of Fastify and of other libraries that are not documented. Nothing else in this package depends on such parts.
 * `test/internals.test.ts` runs each against the installed versions.
 */
import { constants } from 'node:http2'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { symbolProperty } from '@seaworthy/internal'
import { isErrorLike } from './thrown/error-like.ts'

const defaultHandlerName = 'defaultErrorHandler'

/**
 * Whether Fastify binds the handlers that are set, so that they have no `prototype`. Tried on an object that only
 * inherits from the instance: what is set there goes with it.
 */
function bindsErrorHandlers(fastify: FastifyInstance): boolean {
  const probe = function () {}
  const scope = Object.create(fastify) as FastifyInstance
  try {
    scope.setErrorHandler(probe)
    return scope.errorHandler !== probe
  } catch {
    return true
  }
}

/**
 * Fastify's default handler is a plain function. A bundler may have given it another name; then only the
 * binding distinguishes a handler of the app from it.
 */
const isDefaultErrorHandler = (fastify: FastifyInstance): boolean =>
  fastify.errorHandler.name === defaultHandlerName ||
  (Object.hasOwn(fastify.errorHandler, 'prototype') && bindsErrorHandlers(fastify))

/**
 * Whether the app has set an error handler in this very scope, so that the plugin keeps it. If Fastify did not bind
 * handlers any more, the plugin might replace one: {@link recognisesErrorHandlers} tests that at start.
 */
export function hasAppErrorHandler(fastify: FastifyInstance): boolean {
  const { errorHandler } = fastify
  const outer = (Object.getPrototypeOf(fastify) as Partial<FastifyInstance>).errorHandler
  return errorHandler !== outer && !isDefaultErrorHandler(fastify)
}

/** Whether {@link hasAppErrorHandler} recognises the handler that has just been set in this scope. */
export const recognisesErrorHandlers: (fastify: FastifyInstance) => boolean = hasAppErrorHandler

/**
 * Lets the error handler of a scope be set once more, as if it had none: the app sets its own after the plugin. Fastify
 * keeps in a symbol whether there is one. `false` without the symbol: then the app gets the warning `FSTWRN004`, and with
 * `allowErrorHandlerOverride: false` an error of Fastify's.
 */
export function allowErrorHandler(fastify: FastifyInstance): boolean {
  const key = Object.getOwnPropertySymbols(fastify).find(
    ({ description }) => description === 'fastify.errorHandlerAlreadySet'
  )
  return key !== undefined && Reflect.set(fastify, key, false)
}

/**
 * Whether an error means that the scope has a 404 handler already. Fastify throws a plain error without a code. With
 * another text, the start would fail with Fastify's own error.
 */
export const isNotFoundHandlerSet = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('Not found handler already set')

/**
 * Lets the 404 handler of the root be set once more: the next one replaces it, with its hooks and its scope. Fastify
 * keeps in a symbol whether it may be set. `false` without the symbol: then the app's handler stops the start.
 */
export function allowNotFoundHandler(fastify: FastifyInstance): boolean {
  for (let scope: object | null = fastify; scope; scope = Object.getPrototypeOf(scope) as object | null) {
    const key = Object.getOwnPropertySymbols(scope).find(
      ({ description }) => description === 'fastify.canSetNotFoundHandler'
    )
    if (key && (scope as Record<symbol, unknown>)[key] === false) return Reflect.set(scope, key, true)
  }
  return false
}

/** A route as `printRoutes` shows it. */
export interface PrintedRoute {
  readonly path: string
  readonly hasDefaultHandler: boolean
}

/**
 * The routes of the app up to now. The only view of them, and of a route's error handler, is the tree that `printRoutes`
 * prints: each level is four columns deeper. `undefined` if the tree has another format; then nothing is known about them.
 */
export function printedRoutes(fastify: FastifyInstance): PrintedRoute[] | undefined {
  const tree = fastify.printRoutes({ commonPrefix: false, includeMeta: ['errorHandler'] })
  const routes: PrintedRoute[] = []
  const parts: string[] = []
  for (const line of tree.split('\n')) {
    const [, indent = '', part] =
      /^(.*?)[\u251c\u2514]\u2500\u2500 (.*?)(?: \([A-Z, ]+\).*)?$/.exec(line) ?? []
    if (part !== undefined) parts.splice(indent.length / 4, Infinity, part)
    else if (line.includes('(errorHandler) "'))
      routes.push({ path: parts.join(''), hasDefaultHandler: line.includes(`"${defaultHandlerName}()"`) })
  }
  return routes.length > 0 || parts.length === 0 ? routes : undefined
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

/**
 * Keeps Fastify's default handler from sending the message of an error by which the app's own handler, or a hook on its
 * response, has failed: `onFailure` sends the response instead. An error passes on its way to an outer handler of the app.
 * If Fastify did not call `reply.send` for these errors, the default handler's response would be sent.
 */
export function guardResponse(
  reply: FastifyReply,
  first: unknown,
  onFailure: (failure: unknown) => void
): void {
  const { send } = reply
  let hasResponse = false
  let passedError: unknown
  reply.send = function (this: FastifyReply, payload?: unknown) {
    if (!isErrorLike(payload)) {
      hasResponse = true
      return send.call(this, payload)
    }
    // An error reaches `send` once from the handler that threw it, and again from the default handler.
    if (hasResponse || (payload !== first && payload === passedError)) {
      onFailure(payload)
      return this
    }
    passedError = payload
    return send.call(this, payload)
  }
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

/** Whether a scope has a `schemaErrorFormatter` of the app. Without Fastify's symbol: only its usual result is recognised. */
export function hasErrorFormatter(scope: FastifyInstance): boolean {
  return typeof symbolProperty(scope, 'fastify.schemaErrorFormatter') === 'function'
}

/**
 * Whether busboy, in @fastify/multipart, could not read the body: its errors have neither a code nor a status. With other
 * texts, they are answered with 500.
 */
export const isMultipartError = (error: object, { headers }: FastifyRequest): boolean =>
  /^multipart\//i.test(headers['content-type'] ?? '') &&
  /^(?:Unexpected end of (?:multipart data|form)|Part terminated early|Malformed part header|Multipart: Boundary not found)/.test(
    String((error as ThrownMembers).message)
  )

/**
 * Whether @fastify/rate-limit made the error: its own, or what the app's `errorResponseBuilder` returned for clients. It
 * is thrown after the headers of a rejected request are set. Otherwise such an error is answered without its message.
 */
export const isRateLimitError = ({ message, statusCode }: ThrownMembers, reply: FastifyReply): boolean => {
  if (statusCode !== 429 && statusCode !== 403) return false
  const isDefault = typeof message === 'string' && message.startsWith('Rate limit exceeded, retry in ')
  return (
    reply.hasHeader('retry-after') &&
    (isDefault || reply.hasHeader('x-ratelimit-limit') || reply.hasHeader('ratelimit-limit'))
  )
}

/** The message that Fastify's own `schemaErrorFormatter` makes. With another text, that one would be sent too. */
export const defaultValidationMessage = (issues: readonly unknown[], part: string): string =>
  issues
    .map((issue) => {
      const { instancePath, message } = (issue ?? {}) as { instancePath?: unknown; message?: unknown }
      return `${part}${typeof instancePath === 'string' ? instancePath : ''} ${String(message)}`
    })
    .join(', ')

/**
 * Whether a `schemaErrorFormatter` made the error of a validation: Fastify then adds these two members, in this order,
 * last. On an error that the validator itself returned it adds others before the last one. Otherwise: no words of it.
 */
export const isFormatted = (error: object): boolean =>
  Object.keys(error).slice(-2).join(' ') === 'validation validationContext'

/** Whether a response can take nothing more. The one of HTTP/2 has no `destroyed`, its stream has. */
export function isClosed(raw: FastifyReply['raw']): boolean {
  const { destroyed, stream } = raw as { destroyed?: boolean; stream?: { destroyed?: boolean } }
  return destroyed === true || stream?.destroyed === true
}

/** Whether all of a response has been handed over. The one of HTTP/2 has no `writableFinished`, its stream has. */
export function isFinished(raw: FastifyReply['raw']): boolean {
  const { writableFinished, stream } = raw as {
    writableFinished?: boolean
    stream?: { writableFinished?: boolean }
  }
  return (writableFinished ?? stream?.writableFinished) === true
}

/**
 * Ends a response that cannot be completed, so that the client sees that it is incomplete. Over HTTP/2 a stream that is
 * only destroyed looks complete.
 */
export function cutResponse(raw: FastifyReply['raw']): void {
  if (!resetStream(raw)) raw.destroy()
}

/** Resets the stream of a response over HTTP/2 with an error. Returns `false` for HTTP/1.1. */
export function resetStream(raw: FastifyReply['raw']): boolean {
  const { stream } = raw as { stream?: { close?: (code: number) => void } }
  if (typeof stream?.close !== 'function') return false
  stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  return true
}
