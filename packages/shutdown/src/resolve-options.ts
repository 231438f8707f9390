import { optionChecks, type NumberRule } from '@seaworthy/internal'
import { drainMode } from './drain/drain-mode.ts'
import { defaults, type DrainDelay, type ShutdownOptions } from './options.ts'

/** The options with all defaults filled in. */
export interface ResolvedOptions {
  signals: readonly NodeJS.Signals[]
  drainDelay: Required<DrainDelay>
  timeout: number
  streamGrace: number
  resourceTimeout: number
  closeTimeout: number
  flushTimeout: number
  /** How long requests have after a fatal error, in milliseconds. `undefined`: fatal errors are not handled. */
  fatal: number | undefined
  gracePeriod: number | undefined
  pm2: boolean | undefined
  systemd: boolean | undefined
  exit: false | ((code: number) => void)
}

const check = optionChecks('shutdown')
/** The range of a timeout of which 0 would mean "no time at all". */
export const timeoutRange: NumberRule = { min: 1, max: 3_600_000, unit: 'milliseconds' }
const waitRange: NumberRule = { ...timeoutRange, min: 0 }
const delayRange: NumberRule = { min: 0, max: 600_000, unit: 'milliseconds' }

/**
 * Fills in the defaults and checks every option.
 *
 * @throws RangeError with the code `INVALID_OPTION`.
 */
export function resolveOptions(options: ShutdownOptions): ResolvedOptions {
  check.keys('', options, Object.keys(defaults))
  const mode = drainMode()
  const {
    signals = defaults.signals,
    timeout = defaults.timeout,
    streamGrace = mode === 'none' ? 0 : defaults.streamGrace,
    resourceTimeout = defaults.resourceTimeout,
    closeTimeout = defaults.closeTimeout,
    flushTimeout = defaults.flushTimeout,
    fatal = true,
    gracePeriod,
    pm2,
    systemd,
    exit = defaults.exit
  } = options
  if (exit !== false) check.fn('exit', exit)

  return {
    signals: checkSignals(signals),
    drainDelay: resolveDrainDelay(options.drainDelay, mode === 'full'),
    timeout: check.integer('timeout', timeout, waitRange),
    streamGrace: check.integer('streamGrace', streamGrace, waitRange),
    resourceTimeout: check.integer('resourceTimeout', resourceTimeout, timeoutRange),
    closeTimeout: check.integer('closeTimeout', closeTimeout, timeoutRange),
    flushTimeout: check.integer('flushTimeout', flushTimeout, timeoutRange),
    fatal: resolveFatal(fatal),
    gracePeriod:
      gracePeriod === undefined
        ? gracePeriodFromEnvironment()
        : check.integer('gracePeriod', gracePeriod, timeoutRange),
    pm2: pm2 === undefined ? undefined : check.boolean('pm2', pm2),
    systemd: systemd === undefined ? undefined : check.boolean('systemd', systemd),
    exit
  }
}

const uncatchable = new Set<string>(['SIGKILL', 'SIGSTOP'])

function checkSignals(signals: readonly NodeJS.Signals[]): readonly NodeJS.Signals[] {
  const isValid =
    Array.isArray(signals) && signals.every((name) => /^SIG[A-Z0-9]+$/.test(name) && !uncatchable.has(name))
  return isValid
    ? [...new Set(signals)]
    : check.fail('signals', 'a list of signals that can be caught', signals)
}

/** @param waits - Whether the default is to wait at all. */
function resolveDrainDelay(delay: number | DrainDelay | undefined, waits: boolean): Required<DrainDelay> {
  if (typeof delay === 'number') {
    const min = check.integer('drainDelay', delay, delayRange)
    return { min, max: min === 0 ? 0 : Math.max(min, defaults.drainDelay.max) }
  }
  if (delay !== undefined && (typeof delay !== 'object' || delay === null)) {
    check.fail('drainDelay', 'a number of milliseconds or { min, max }', delay)
  }
  check.keys('drainDelay', delay ?? {}, Object.keys(defaults.drainDelay))
  const defaultMin = Math.min(waits ? defaults.drainDelay.min : 0, delay?.max ?? Infinity)
  const min = check.integer('drainDelay.min', delay?.min ?? defaultMin, delayRange)
  const defaultMax = !waits && delay?.min === undefined ? 0 : Math.max(min, defaults.drainDelay.max)
  const max = check.integer('drainDelay.max', delay?.max ?? defaultMax, delayRange)
  if (max < min) check.fail('drainDelay.max', `at least "drainDelay.min" (${min})`, max)
  return { min, max }
}

function resolveFatal(fatal: boolean | { timeout?: number }): number | undefined {
  if (typeof fatal === 'boolean') return fatal ? defaults.fatal.timeout : undefined
  if (typeof fatal !== 'object' || fatal === null) check.fail('fatal', 'true, false or { timeout }', fatal)
  check.keys('fatal', fatal, Object.keys(defaults.fatal))
  return check.integer('fatal.timeout', fatal.timeout ?? defaults.fatal.timeout, waitRange)
}

/** Milliseconds, from the variable that a manifest sets beside `terminationGracePeriodSeconds`. */
function gracePeriodFromEnvironment(): number | undefined {
  const seconds = process.env.TERMINATION_GRACE_PERIOD_SECONDS
  if (seconds === undefined || seconds === '') return undefined
  return /^\d+$/.test(seconds)
    ? Number(seconds) * 1000
    : check.fail('TERMINATION_GRACE_PERIOD_SECONDS', 'a whole number of seconds', seconds)
}
