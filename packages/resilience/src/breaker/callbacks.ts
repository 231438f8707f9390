import { isThenable } from '@seaworthy/internal'
import { CallbackError } from '../errors/input-errors.ts'
import type { FailureClassifier, Outcome } from '../call/outcome.ts'

type AnyFunction = (...args: never[]) => unknown

/** Wraps a function of the options: what it throws, and a promise that it returns, become an error that names it. */
export class Callbacks {
  readonly #breaker: string

  /** @param breaker - The name of the breaker. */
  constructor(breaker: string) {
    this.#breaker = breaker
  }

  /** A function that returns a key. `undefined` and `null` become `undefined`. */
  key<Fn extends AnyFunction>(option: string, fn: Fn): (...args: Parameters<Fn>) => string | undefined {
    return (...args) => {
      const key = this.#call(option, fn, args)
      if (key === undefined || key === null) return undefined
      if (typeof key === 'string') return key
      if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') return String(key)
      return this.#fail(option, 'must return a string', key)
    }
  }

  /** A function that returns whether something is so. */
  predicate<Fn extends AnyFunction>(option: string, fn: Fn): (...args: Parameters<Fn>) => boolean {
    return (...args) => Boolean(this.#call(option, fn, args))
  }

  classifier(option: string, fn: FailureClassifier): FailureClassifier {
    return (error, result) => {
      const verdict: unknown = this.#call(option, fn, [error, result])
      if (typeof verdict === 'boolean') return verdict
      if (verdict === undefined || verdict === null) return undefined
      if (verdict === 'failure' || verdict === 'success' || verdict === 'ignore')
        return verdict satisfies Outcome
      return this.#fail(option, "must return a boolean, 'failure', 'success', 'ignore' or undefined", verdict)
    }
  }

  #call<Fn extends AnyFunction>(option: string, fn: Fn, args: Parameters<Fn>): unknown {
    let result
    let isAsynchronous
    try {
      result = fn(...args)
      // Also a promise of a library, or of another realm.
      isAsynchronous = isThenable(result)
    } catch (error) {
      throw new CallbackError(this.#breaker, option, `threw: ${messageOf(error)}`, error)
    }
    if (!isAsynchronous) return result
    // It may reject: no other code waits for it.
    Promise.resolve(result).catch(() => undefined)
    throw new CallbackError(this.#breaker, option, 'must not be asynchronous, got a promise')
  }

  #fail(option: string, rule: string, value: unknown): never {
    const type = typeof value === 'string' ? `'${value}'` : typeof value
    throw new CallbackError(this.#breaker, option, `${rule}, got ${type}`)
  }
}

const messageOf = (error: unknown): string => {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'a value without a text'
  }
}
