import type { CheckOutcome } from './options.ts'

/** How a returned value counts, and why if it does not pass. */
export interface Verdict {
  outcome: CheckOutcome
  error?: unknown
}

const pass: Verdict = { outcome: 'pass' }

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** The words for health of other libraries and protocols, in lower case and with `_` between words. */
const up: ReadonlySet<string> = words(
  'pass passed passing up ok okay healthy pong green alive live ready available connected connect open running ' +
    'online reachable active serving success successful succeeded fulfilled operational started good true yes'
)
const degraded: ReadonlySet<string> = words(
  'degraded warn warning yellow partial impaired degraded_performance'
)
const down: ReadonlySet<string> = words(
  'fail failed failing failure down error errored unhealthy red dead unavailable out_of_service not_serving not_ready ' +
    'not_ok unreachable disconnected disconnecting closed closing close end ended offline inactive stopped rejected refused timeout ' +
    'timed_out critical crashed broken bad major_outage partial_outage outage false no'
)

/** Members that hold a state in a word, a number or a boolean. */
const stateMembers = ['status', 'state', 'health'] as const

/** Members that are false, or 0 as with MongoDB, if the check failed. */
const flags = [
  'ok',
  'healthy',
  'isHealthy',
  'up',
  'alive',
  'ready',
  'isReady',
  'connected',
  'available',
  'success',
  'passed'
] as const

const maxNested = 100
const maxText = 50

/**
 * Interprets what a check returned. Nothing, and data such as rows of a database, passes. A value that states a failure
 * in the way of any common library fails, and so does a statement that is not understood: a check must not pass by
 * mistake.
 */
export function verdictOf(value: unknown): Verdict {
  if (value === false) return failed('false')
  if (typeof value === 'string') return fromWord(value)
  if (typeof value === 'number') return isErrorCode(value) ? failed(`${value}`) : pass
  if (typeof value !== 'object' || value === null) return pass
  if (isErrorLike(value)) return { outcome: 'fail', error: value }
  return fromObject(value as Record<string, unknown>)
}

function fromWord(text: string): Verdict {
  const word = text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
  if (up.has(word)) return pass
  if (degraded.has(word)) return { outcome: 'degraded' }
  return down.has(word) ? failed(quote(text)) : notUnderstood(quote(text))
}

function fromObject(value: Record<string, unknown>): Verdict {
  const stated = statedBy(value)
  if (stated !== undefined && stated.outcome === 'fail') return stated
  const { error } = value
  if (isErrorLike(error)) return { outcome: 'fail', error }
  if (typeof error === 'string' && error !== '') return failed(`the error ${quote(error)}`)
  if (stated !== undefined) return stated
  return nested(value)
}

/** The outcome that the members of an object state. `undefined` if they state none. */
function statedBy(value: Record<string, unknown>): Verdict | undefined {
  for (const name of flags) {
    const flag = value[name]
    if (flag === false || flag === 0) return failed(`${name}: ${flag}`)
  }
  for (const name of stateMembers) {
    const state = value[name]
    const verdict =
      typeof state === 'string'
        ? fromWord(state)
        : typeof state === 'boolean'
          ? verdictOf(state)
          : typeof state === 'number'
            ? fromStatusCode(state)
            : undefined
    if (verdict !== undefined) return verdict
  }
  return undefined
}

/** HTTP's status, or that of gRPC's health protocol: 1 is `SERVING`. */
function fromStatusCode(status: number): Verdict {
  if (status === 1 || (status >= 200 && status < 400)) return pass
  return isErrorCode(status) || status === 2 ? failed(`status ${status}`) : notUnderstood(`status ${status}`)
}

/** A result for each dependency, as of terminus: `{ database: { status: 'down' } }`. Only a clear failure counts. */
function nested(value: Record<string, unknown>): Verdict {
  const names = Object.keys(value).slice(0, maxNested)
  for (const name of names) {
    const inner = value[name]
    if (isErrorLike(inner)) return { outcome: 'fail', error: inner }
    const settled = Array.isArray(value) && isPlainObject(inner) && 'reason' in inner
    if (settled && inner['status'] === 'rejected') return { outcome: 'fail', error: inner['reason'] }
    if (Array.isArray(value) || !isPlainObject(inner)) continue
    for (const member of stateMembers) {
      const state = inner[member]
      if (typeof state !== 'string') continue
      if (down.has(state.toLowerCase())) return failed(`${quote(name)} is ${quote(state)}`)
    }
    if (flags.some((flag) => inner[flag] === false)) return failed(`${quote(name)} has failed`)
  }
  return pass
}

const isErrorCode = (code: number): boolean => code >= 400 && code <= 599

/** Whether a value is an error, also one of another realm. */
const isErrorLike = (value: unknown): boolean =>
  value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const quote = (text: string): string => `"${text.slice(0, maxText)}"`

const failed = (what: string): Verdict => ({
  outcome: 'fail',
  error: new Error(`the check returned ${what}`)
})

const notUnderstood = (what: string): Verdict => ({
  outcome: 'fail',
  error: new Error(
    `the check returned ${what}, which is not understood: return true, 'pass', 'degraded' or 'fail', or throw`
  )
})
