import type { ErrorContext } from './options.ts'

type Resolvers = PromiseWithResolvers<ErrorContext | undefined>

/**
 * Errors of requests that have not ended. A tracker that captures by itself does so before the status of the response is
 * known, and waits here for the request's context: `undefined` if the request did not fail.
 */
export class PendingErrors {
  readonly #errors = new WeakMap<object, Resolvers>()

  /** A request has thrown this error. */
  add(error: unknown): void {
    if (typeof error !== 'object' || error === null || this.#errors.has(error)) return
    this.#errors.set(error, Promise.withResolvers<ErrorContext | undefined>())
  }

  /** The request has ended. */
  settle(error: unknown, context: ErrorContext | undefined): void {
    if (typeof error === 'object' && error !== null) this.#errors.get(error)?.resolve(context)
  }

  /** The context of the error's request. `undefined` for an error of no request. */
  contextOf(error: unknown): Promise<ErrorContext | undefined> | undefined {
    return typeof error === 'object' && error !== null ? this.#errors.get(error)?.promise : undefined
  }
}
