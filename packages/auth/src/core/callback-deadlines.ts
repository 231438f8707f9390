import { DeadlineQueue, isThenable } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import { unavailable } from './errors.ts'
import { check } from './option-checks.ts'

/** Milliseconds. Shorter than `jwt.refreshGrace`, so that a client can repeat a refresh that was too slow. */
export const defaultCallbackTimeout = 5000

export const callbackTimeoutOf = (timeout: unknown = defaultCallbackTimeout): number =>
  check.integer('callbackTimeout', timeout, { min: 10, max: 300_000, unit: 'milliseconds' })

// oxlint-disable-next-line typescript/no-explicit-any -- a function of the app, with any arguments
type Callback = (...args: any[]) => unknown

/** Gives a function of the app a deadline. Results that are no promises pass as they are. */
export type WithDeadline = <F extends Callback>(name: string, callback: F) => F

/** @param timeout - Milliseconds. */
export function createWithDeadline(timeout: number, log: FastifyBaseLogger): WithDeadline {
  const deadlines = new DeadlineQueue(timeout)
  /** The functions that were too slow the last time: each change is one line. */
  const slow = new Set<string>()

  const fail = (name: string, reject: (error: Error) => void): void => {
    if (!slow.has(name)) {
      const what = `"${name}" has not answered within ${timeout} ms`
      log.warn(
        { callback: name },
        `auth: ${what}; its requests get 503; look at what it waits for, or raise "callbackTimeout"`
      )
    }
    slow.add(name)
    const message = 'A part of the service does not answer right now'
    reject(unavailable('AUTH_CALLBACK_TIMEOUT', message, 1, new Error(`${name} took too long`)))
  }

  const within = (name: string, result: PromiseLike<unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      let isLate = false
      const deadline = deadlines.start(() => {
        isLate = true
        fail(name, reject)
      })
      result.then(
        (value) => {
          // A late answer is no sign that the next one comes in time.
          if (!isLate && slow.delete(name)) log.info(`auth: "${name}" answers in time again`)
          deadlines.end(deadline)
          resolve(value)
        },
        (error: Error) => {
          deadlines.end(deadline)
          reject(error)
        }
      )
    })

  return <F extends Callback>(name: string, callback: F) =>
    ((...args: unknown[]): unknown => {
      const result = callback(...args)
      return isThenable(result) ? within(name, result) : result
    }) as F
}

interface Callbacks {
  readonly callbackTimeout: number
  readonly jwt: { readonly refreshClaims: Callback | undefined } | undefined
  readonly apiKeys: { readonly find: Callback } | undefined
  readonly oauth2: readonly { readonly name: string; readonly onLogin: Callback }[]
}

/** The options with a deadline for each function of the app whose promise a request waits for. */
export function withCallbackDeadlines<O extends Callbacks>(options: O, log: FastifyBaseLogger): O {
  const { jwt, apiKeys, oauth2, callbackTimeout } = options
  const withDeadline = createWithDeadline(callbackTimeout, log)
  return {
    ...options,
    jwt: jwt?.refreshClaims
      ? { ...jwt, refreshClaims: withDeadline('jwt.refreshClaims', jwt.refreshClaims) }
      : jwt,
    apiKeys: apiKeys && { ...apiKeys, find: withDeadline('apiKeys.find', apiKeys.find) },
    oauth2: oauth2.map((provider) => ({
      ...provider,
      onLogin: withDeadline(`oauth2.${provider.name}.onLogin`, provider.onLogin)
    }))
  }
}
