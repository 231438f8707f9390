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

/** Members that hold a state in a word, a number or a boolean: `statusCode` is that of undici's responses. */
const stateMembers = ['status', 'state', 'health', 'statusCode'] as const

/** Members that are false, or 0 as with MongoDB, or a word for it, if the check failed. */
const flags = [
  'ok',
  'healthy',
  'isHealthy',
  'up',
  'alive',
  'ready',
  'isReady',
  'isAlive',
  'isUp',
  'isOk',
  'connected',
  'isConnected',
  'available',
  'isAvailable',
  'reachable',
  'isReachable',
  'online',
  'operational',
  'success',
  'passed'
] as const

/** Members of a result in a list that are false if it failed. Rows of a database have other columns. */
const flagsInLists = ['ok', 'healthy', 'isHealthy'] as const

/** Members that are true if the check failed. */
const badFlags = [
  'down',
  'isDown',
  'failed',
  'unhealthy',
  'isUnderPressure',
  'underPressure',
  'isError',
  'hasError',
  'timedOut',
  'timed_out',
  'closed',
  'destroyed',
  'sealed'
] as const

/** Further names whose `false` is good, without `is` and in lower case: not of dependencies, but of conditions. */
const conditions: ReadonlySet<string> = words(
  'error paused maintenance readonly standby draining shuttingdown degraded stale loading reconnecting locked blocked ' +
    'disabled throttled limited expired full lagging overloaded ended'
)

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
  if (typeof value === 'number') return fromNumber(value)
  if (typeof value === 'function' || typeof value === 'symbol') return notUnderstood(`a ${typeof value}`)
  if (typeof value !== 'object' || value === null) return pass
  if (Object.prototype.toString.call(value) === '[object Boolean]') return verdictOf(value.valueOf())
  if (isErrorLike(value)) return { outcome: 'fail', error: value }
  if (value instanceof Map) return fromObject(Object.fromEntries(value) as Record<string, unknown>)
  if (isGenerator(value)) return notUnderstood('a generator, whose code has not run')
  return fromObject(value as Record<string, unknown>)
}

function fromNumber(value: number): Verdict {
  if (Number.isNaN(value)) return notUnderstood('NaN')
  return isErrorCode(value) ? failed(`${value}`) : pass
}

/** An array has an iterator too, and no `next`. */
const isGenerator = (value: object): boolean =>
  (Symbol.iterator in value || Symbol.asyncIterator in value) &&
  typeof (value as { next?: unknown }).next === 'function'

const wordOf = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')

function fromWord(text: string): Verdict {
  const word = wordOf(text)
  if (up.has(word)) return pass
  if (degraded.has(word)) return { outcome: 'degraded' }
  return down.has(word) ? failed(quote(text)) : notUnderstood(quote(text))
}

function fromObject(value: Record<string, unknown>): Verdict {
  const stated = statedBy(value)
  if (stated !== undefined && stated.outcome === 'fail') return stated
  return errorOf(value) ?? stated ?? nested(value)
}

/**
 * The failure that a member `error` or `errors` states, as clients return it that do not throw. Of terminus, `error` is an
 * empty object where all is well.
 */
function errorOf({ error, errors }: Record<string, unknown>): Verdict | undefined {
  if (isErrorLike(error)) return { outcome: 'fail', error }
  if (typeof error === 'string' && error !== '') return failed(`the error ${quote(error)}`)
  if (error === true) return failed('error: true')
  if (typeof error === 'object' && error !== null && Object.keys(error).length > 0) {
    const { message } = error as { message?: unknown }
    return failed(`the error ${quote(typeof message === 'string' ? message : 'without a message')}`)
  }
  if (!Array.isArray(errors) || errors.length === 0) return undefined
  const first: unknown = errors[0]
  return isErrorLike(first) ? { outcome: 'fail', error: first } : failed('errors')
}

/** The outcome that the members of an object state. `undefined` if they state none. */
function statedBy(value: Record<string, unknown>): Verdict | undefined {
  for (const name of flags) {
    const flag = value[name]
    const isDown = flag === false || flag === 0 || (typeof flag === 'string' && down.has(wordOf(flag)))
    if (isDown) return failed(`${name}: ${String(flag)}`)
  }
  for (const name of badFlags) if (value[name] === true) return failed(`${name}: true`)
  // 1 is open, of connections of mongoose and of WebSockets.
  const { readyState } = value
  if (typeof readyState === 'number' && readyState !== 1) return failed(`readyState: ${readyState}`)
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
  const isList = Array.isArray(value)
  const isMap = !isList && names.every((name) => isState(value[name]))
  for (const name of names) {
    const inner = value[name]
    if (isErrorLike(inner)) return { outcome: 'fail', error: inner }
    if (inner === false && (isList || (isMap && !isCondition(name))))
      return failed(`false for ${quote(name)}`)
    if (isMap && typeof inner === 'string' && down.has(wordOf(inner)))
      return failed(`${quote(name)} is ${quote(inner)}`)
    const isSettled = isList && isPlainObject(inner) && ('reason' in inner || 'value' in inner)
    if (isSettled && inner['status'] === 'rejected') return { outcome: 'fail', error: inner['reason'] }
    if (isSettled && inner['value'] === false) return failed(`false for ${quote(name)}`)
    if (isList && isPlainObject(inner) && flagsInLists.some((flag) => inner[flag] === false))
      return failed(`a failure at index ${name}`)
    if (isList || !isPlainObject(inner)) continue
    for (const member of stateMembers) {
      const state = inner[member]
      if (typeof state !== 'string') continue
      if (down.has(state.toLowerCase())) return failed(`${quote(name)} is ${quote(state)}`)
    }
    if (flags.some((flag) => inner[flag] === false)) return failed(`${quote(name)} has failed`)
  }
  return pass
}

/** Whether a member is the result of a dependency, `{ database: false, cache: 'up' }`, and no data such as a column. */
const isState = (value: unknown): boolean =>
  typeof value === 'boolean' ||
  (typeof value === 'string' && [up, degraded, down].some((states) => states.has(wordOf(value))))

/** Whether a name is of a condition, such as `isPaused`, whose `false` is good. */
const isCondition = (name: string): boolean =>
  badFlags.includes(name as (typeof badFlags)[number]) ||
  conditions.has(
    name
      .replace(/^is(?=[A-Z_])/, '')
      .replaceAll(/[_-]/g, '')
      .toLowerCase()
  )

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
