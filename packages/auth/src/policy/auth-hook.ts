import type { FastifyReply, FastifyRequest } from 'fastify'
import { check } from '../core/option-checks.ts'
import type { AnyReply, AnyRequest } from '../types/requests.ts'

export type Done = (error?: Error) => void

/** A hook in callback form: nothing is awaited unless something has to be fetched. */
export type GuardHook = (request: FastifyRequest, reply: FastifyReply, done: Done) => void

/**
 * A hook of a route. It works with `done` and, called by hand, as a promise.
 *
 * @example
 * const onRequest: AuthHook = app.authorize('admin', 'editor')
 * app.put('/posts/:id', { onRequest }, async () => 'saved')
 */
export type AuthHook = {
  // A method, so that an app may decorate a function that takes all of `FastifyRequest`.
  hook(request: AnyRequest, reply: AnyReply, done: (error?: Error) => void): void
  hook(request: AnyRequest, reply: AnyReply): Promise<void>
}['hook']

/** Makes a callback hook that can also be called as a promise. */
export function toAuthHook(run: GuardHook): AuthHook {
  return function authHook(request: FastifyRequest, reply: FastifyReply, third?: unknown, fourth?: Done) {
    // As `preParsing` hook it gets the payload before `done`.
    const done = fourth ?? (third as Done | undefined)
    // `onRequest: app.authenticate()` would be a promise.
    if ((request as unknown) === undefined)
      check.failWith(
        'authenticate',
        'used without parentheses, because it is the hook',
        'a call without a request'
      )
    if (done) return run(request, reply, done)
    return new Promise<void>((resolve, reject) =>
      run(request, reply, (error) => (error ? reject(error) : resolve()))
    )
  } as AuthHook
}
