import type { ErrorContext } from './options.ts'

interface Outcome {
  promise: Promise<ErrorContext | undefined>
  resolve: (context: ErrorContext | undefined) => void
}

/**
 * How the requests of errors end. A tracker that captures by itself does so before the answer's status is known, and
 * asks here what became of the request: a context, or `undefined` where it was no failure after all.
 */
export class Outcomes {
  readonly #outcomes = new WeakMap<object, Outcome>()

  expect(thrown: unknown): void {
    if (typeof thrown !== 'object' || thrown === null || this.#outcomes.has(thrown)) return
    this.#outcomes.set(thrown, Promise.withResolvers<ErrorContext | undefined>())
  }

  settle(error: unknown, context: ErrorContext | undefined): void {
    if (typeof error === 'object' && error !== null) this.#outcomes.get(error)?.resolve(context)
  }

  of(error: unknown): Promise<ErrorContext | undefined> | undefined {
    return typeof error === 'object' && error !== null ? this.#outcomes.get(error)?.promise : undefined
  }
}
