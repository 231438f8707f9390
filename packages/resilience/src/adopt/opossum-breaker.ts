import { optionChecks } from '@seaworthy/internal'

// oxlint-disable-next-line typescript/no-explicit-any -- as the types of Node's event emitter
export type OpossumListener = (...args: any[]) => void

/**
 * The documented members of an opossum breaker that adopting one needs.
 *
 * @example
 * const adopt = (breaker: OpossumBreaker<[number], string>) => app.resilience.adopt('payments', breaker)
 */
export interface OpossumBreaker<Args extends unknown[] = never[], T = unknown> {
  readonly closed: boolean
  readonly opened: boolean
  readonly halfOpen: boolean
  readonly isShutdown: boolean
  fire(...args: Args): Promise<T>
  open(): void
  close(): void
  shutdown(): void
  on(event: string, listener: OpossumListener): unknown
  removeListener(event: string, listener: OpossumListener): unknown
}

const methods = ['fire', 'open', 'close', 'shutdown', 'on', 'removeListener'] as const
const flags = ['closed', 'opened', 'halfOpen', 'isShutdown'] as const
const check = optionChecks('resilience')

/** Throws for a value that is no opossum breaker, and for one that was shut down. */
export function checkOpossumBreaker(name: string, breaker: object): void {
  const member = (key: string): unknown => (breaker as Record<string, unknown> | undefined)?.[key]
  const missing =
    methods.find((key) => typeof member(key) !== 'function') ??
    flags.find((key) => typeof member(key) !== 'boolean')
  if (missing !== undefined) {
    check.failWith(`adopt("${name}")`, 'a breaker of opossum', `a value without its member "${missing}"`)
  }
  if (member('isShutdown') === true) {
    check.failWith(`adopt("${name}")`, 'a breaker in use', 'one that was shut down; create it with the app')
  }
}

/** The code of an error that opossum made: `EOPENBREAKER`. `undefined` for an error of the action. */
export function opossumCode(breaker: object, error: unknown): unknown {
  const { isOurError } = breaker.constructor as { isOurError?: (error: unknown) => boolean }
  if (!(error instanceof Error) || isOurError?.(error) === false) return undefined
  return (error as { code?: unknown }).code
}
