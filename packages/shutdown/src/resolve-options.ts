import { type Complete, optionChecks, type NumberRule } from '@seaworthy/internal'
import { drainMode } from './drain/drain-mode.ts'
import { defaults, type DrainDelay, type ShutdownOptions } from './options.ts'
import { probableGracePeriod, type GracePeriod } from './supervisors/grace-period.ts'

/** The options with all defaults filled in. */
export interface ResolvedOptions {
  signals: readonly NodeJS.Signals[]
  drainDelay: Complete<DrainDelay>
  timeout: number
  streamGrace: number
  resourceTimeout: number
  closeTimeout: number
  flushTimeout: number
  /** How long requests have after a fatal error, in milliseconds. `undefined`: fatal errors are not handled. */
  fatal: number | undefined
  /** How long requests have at most where the drain was short, in milliseconds. */
  longestTimeout: number
  gracePeriod: GracePeriod | undefined
  /** Whether the grace period was set. Otherwise it is the platform's default, or a guess. */
  isGracePeriodSet: boolean
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
  const { signals = defaults.signals, fatal = true, pm2, systemd, exit = defaults.exit } = options
  if (exit !== false) check.fn('exit', exit)
  if (pm2 !== undefined) check.boolean('pm2', pm2)
  if (systemd !== undefined) check.boolean('systemd', systemd)
  const graceOption = resolveGracePeriod(options.gracePeriod)
  const gracePeriod = graceOption ?? probableGracePeriod(systemd ?? Boolean(process.env.NOTIFY_SOCKET))
  const waits = mode === 'full' && !(gracePeriod && gracePeriod.milliseconds < shortestWithDelayMs)
  const fitting = fitDefaults(options, waits, gracePeriod?.milliseconds)
  const {
    timeout = fitting.timeout,
    streamGrace = mode === 'none' ? 0 : defaults.streamGrace,
    resourceTimeout = defaults.resourceTimeout,
    closeTimeout = fitting.closeTimeout,
    flushTimeout = fitting.flushTimeout
  } = options

  return {
    signals: checkSignals(signals),
    drainDelay: resolveDrainDelay(options.drainDelay, waits, fitting.drainDelay),
    timeout: check.integer('timeout', timeout, waitRange),
    longestTimeout: options.timeout ?? defaults.timeout,
    streamGrace: check.integer('streamGrace', streamGrace, waitRange),
    resourceTimeout: check.integer('resourceTimeout', resourceTimeout, timeoutRange),
    closeTimeout: check.integer('closeTimeout', closeTimeout, timeoutRange),
    flushTimeout: check.integer('flushTimeout', flushTimeout, timeoutRange),
    fatal: resolveFatal(fatal),
    gracePeriod,
    isGracePeriodSet: graceOption !== undefined,
    pm2,
    systemd,
    exit
  }
}

/** The defaults of the phases that follow each other, in milliseconds. `drainDelay` is the longest delay. */
interface PhaseDefaults {
  drainDelay: number
  timeout: number
  closeTimeout: number
  flushTimeout: number
}

/** The share of the grace period that is left to defaults at least. Below, the options are what does not fit. */
const smallestShare = 0.1

/**
 * The defaults, shortened in proportion so that together with the options they fit into the grace period. Where the
 * options leave too little of it, none is shortened, and the start warns.
 */
function fitDefaults(
  options: ShutdownOptions,
  waits: boolean,
  gracePeriod: number | undefined
): PhaseDefaults {
  const { drainDelay, timeout, closeTimeout, flushTimeout } = defaults
  const phases: PhaseDefaults = { drainDelay: drainDelay.max, timeout, closeTimeout, flushTimeout }
  if (gracePeriod === undefined) return phases

  const delay = options.drainDelay
  const shortestDelay = Number(typeof delay === 'object' && delay !== null ? delay.min : delay) || 0
  const longestDelay = delay === 0 ? 0 : typeof delay === 'object' && delay !== null ? delay.max : undefined
  const fixed = [
    longestDelay ?? (waits || delay !== undefined ? undefined : 0),
    options.timeout,
    options.closeTimeout,
    options.flushTimeout
  ]
  const usable = gracePeriod - Math.min(longestMarginMs, gracePeriod * marginShare)
  const left = usable - fixed.reduce<number>((sum, value) => sum + (value ?? 0), 0)
  const total = Object.values(phases).reduce<number>(
    (sum, value: number, index) => (fixed[index] === undefined ? sum + value : sum),
    0
  )
  // `NaN` where an option is no number: its check comes later.
  if (Number.isNaN(left) || left >= total || left < usable * smallestShare) return phases
  const scale = left / total
  const scaled = Object.entries(phases).map(([name, value]: [string, number]) => [
    name,
    Math.max(Math.floor(value * scale), 1)
  ])
  const result = Object.fromEntries(scaled) as unknown as PhaseDefaults
  return shortestDelay > result.drainDelay && longestDelay === undefined
    ? fitDefaults({ ...options, drainDelay: { min: shortestDelay, max: shortestDelay } }, waits, gracePeriod)
    : result
}

/** Milliseconds of grace below which there is no drain delay unless one is set: the requests in flight need the time. */
const shortestWithDelayMs = 3000

/** The time for the exit itself: this share of the grace period, and so many milliseconds at most. */
const marginShare = 0.15
const longestMarginMs = 2000

const uncatchable = new Set<string>(['SIGKILL', 'SIGSTOP'])

function checkSignals(signals: readonly NodeJS.Signals[]): readonly NodeJS.Signals[] {
  const isValid =
    Array.isArray(signals) && signals.every((name) => /^SIG[A-Z0-9]+$/.test(name) && !uncatchable.has(name))
  return isValid
    ? [...new Set(signals)]
    : check.fail('signals', 'a list of signals that can be caught', signals)
}

/**
 * @param waits - Whether the default is to wait at all.
 * @param longest - The default of `max`.
 */
function resolveDrainDelay(
  delay: number | DrainDelay | undefined,
  waits: boolean,
  longest: number
): Complete<DrainDelay> {
  if (typeof delay === 'number') {
    const min = check.integer('drainDelay', delay, delayRange)
    return { min, max: min === 0 ? 0 : Math.max(min, longest) }
  }
  if (delay !== undefined && (typeof delay !== 'object' || delay === null)) {
    check.fail('drainDelay', 'a number of milliseconds or { min, max }', delay)
  }
  check.keys('drainDelay', delay ?? {}, Object.keys(defaults.drainDelay))
  const defaultMin = Math.min(waits ? defaults.drainDelay.min : 0, delay?.max ?? longest)
  const min = check.integer('drainDelay.min', delay?.min ?? defaultMin, delayRange)
  const defaultMax = !waits && delay?.min === undefined ? 0 : Math.max(min, longest)
  const max = check.integer('drainDelay.max', delay?.max ?? defaultMax, delayRange)
  if (max < min) check.fail('drainDelay.max', `at least "drainDelay.min" (${min})`, max)
  return { min, max }
}

function resolveFatal(fatal: boolean | { timeout?: number | undefined }): number | undefined {
  if (typeof fatal === 'boolean') return fatal ? defaults.fatal.timeout : undefined
  if (typeof fatal !== 'object' || fatal === null) check.fail('fatal', 'true, false or { timeout }', fatal)
  check.keys('fatal', fatal, Object.keys(defaults.fatal))
  return check.integer('fatal.timeout', fatal.timeout ?? defaults.fatal.timeout, waitRange)
}

/** From the option, or the variable that a manifest sets beside `terminationGracePeriodSeconds`. */
function resolveGracePeriod(option: number | undefined): GracePeriod | undefined {
  const killer = 'the platform'
  if (option !== undefined)
    return { milliseconds: check.integer('gracePeriod', option, timeoutRange), killer }
  const seconds = process.env.TERMINATION_GRACE_PERIOD_SECONDS
  if (seconds === undefined || seconds === '') return undefined
  return /^\d+$/.test(seconds)
    ? { milliseconds: Number(seconds) * 1000, killer }
    : check.fail('TERMINATION_GRACE_PERIOD_SECONDS', 'a whole number of seconds', seconds)
}
